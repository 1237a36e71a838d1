"""Captures as tshark reads them, and whether what we say of a message is the same."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.oracles.leaves import Leaf, normal
from tests.oracles.tshark_fields import NUMBERS, SAME, THEIRS, UNITS, alone

Values = dict[str, list[str]]

# The header of the packet itself comes first in what tshark says of these.
OUTER = {"ipv6.src", "ipv6.dst", "ipv6.hlim", "ipv6.plen", "ipv6.nxt"}
OUTER |= {field for field in SAME if field.startswith("ip.")}
EXTENSION_HEADERS = ("0", "43", "44", "60")


def decode(capture: Path, more: Iterable[str] = ()) -> list[Values]:
    """Return what tshark says of each packet: of the fields that we have, and of *more*."""
    command = ["tshark", "-n", "-r", str(capture), "-T", "fields"]
    for preference in ("tcp.relative_sequence_numbers", "ip.defragment", "ipv6.defragment"):
        command += ["-o", f"{preference}:false"]
    command += ["-E", "occurrence=a", "-E", "aggregator=|"]
    fields = list(dict.fromkeys((*SAME, *more)))
    for field in fields:
        command += ["-e", field]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    rows = [[cell.split("|") if cell else [] for cell in line.split("\t")] for line in lines]
    return [dict(zip(fields, row, strict=True)) for row in rows]


def theirs(field: str, said: list[str]) -> list[str]:
    """Return what tshark says in a field of an ICMP message, in our units."""
    own = [normal(one) for one in (said[1:] if field in OUTER else said)]
    if field.endswith("nxt"):
        return [one for one in own if one not in EXTENSION_HEADERS]
    if field in UNITS:
        return [str(int(one) * UNITS[field]) for one in own]
    return [f"{int(one):016x}" for one in own] if field in NUMBERS else own


def check(name: str, found: list[Leaf], said: Values) -> None:
    """
    Make sure that tshark says all that we say of a message, and we all that it says.

    Args:
        name: The sample's, for the differences that are known.
        found: What we say.
        said: What tshark says.
    """
    vouched: set[str] = set()
    for field, paths in SAME.items():
        values = theirs(field, said[field])
        if values and (name, field) not in THEIRS:
            mine = [value for path in paths.split() for names, value in found if path in names]
            assert values == mine, f"{field}: tshark has {values}, pyicmp {mine}"
            vouched |= set(paths.split())
    rest = {
        re.sub(r":(4|6|name)$", "", names[-1]) for names, _ in found if not vouched & set(names)
    }
    unvouched = {path for path in rest if not alone(name, path)}
    assert not unvouched, f"not in tshark: {unvouched}"
