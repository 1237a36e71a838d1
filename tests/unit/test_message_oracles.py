"""Two other decoders read the same packets: tshark's fields and tcpdump's words are ours."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from pyicmp.icmp.message import Message
from tests.unit.message_leaves import leaves, normal
from tests.unit.message_samples import PACKETS, message_bytes, pcap
from tests.unit.tcpdump_words import DIFFERENT, is_unknown, meant
from tests.unit.tshark_fields import NUMBERS, SAME, THEIRS, UNITS, alone

Sample = tuple[int, str]
Values = dict[str, list[str]]

# The header of the packet itself comes first in what tshark says of these.
OUTER = ("ip.", "ipv6.src", "ipv6.dst", "ipv6.hlim", "ipv6.plen", "ipv6.nxt")
EXTENSION_HEADERS = ("0", "43", "44", "60")


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("oracles") / "samples.pcap"
    path.write_bytes(pcap(list(PACKETS.values())))
    return path


@pytest.fixture(scope="module")
def tshark(capture: Path) -> dict[Sample, Values]:
    """What tshark says of each sample, by field."""
    command = ["tshark", "-n", "-r", str(capture), "-T", "fields"]
    for preference in ("tcp.relative_sequence_numbers", "ip.defragment", "ipv6.defragment"):
        command += ["-o", f"{preference}:false"]
    command += ["-E", "occurrence=a", "-E", "aggregator=|"]
    for field in SAME:
        command += ["-e", field]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    rows = [[cell.split("|") if cell else [] for cell in line.split("\t")] for line in lines]
    return {
        sample: dict(zip(SAME, row, strict=True)) for sample, row in zip(PACKETS, rows, strict=True)
    }


@pytest.fixture(scope="module")
def tcpdump(capture: Path) -> dict[Sample, str]:
    """What tcpdump says of each sample, from the colon to the length."""
    command = ["tcpdump", "-n", "-t", "-r", str(capture)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line for line in printed.splitlines() if line.startswith("IP")]
    said = [re.sub(r", length \d+$", "", line.partition(": ")[2]) for line in lines]
    return dict(zip(PACKETS, said, strict=True))


def decoded(sample: Sample) -> Message:
    data = message_bytes(PACKETS[sample])
    return Message(sample[0], data, len(data))


def theirs(field: str, said: list[str]) -> list[str]:
    own = [normal(one) for one in (said[1:] if field.startswith(OUTER) else said)]
    if field.endswith("nxt"):
        return [one for one in own if one not in EXTENSION_HEADERS]
    if field in UNITS:
        return [str(int(one) * UNITS[field]) for one in own]
    return [f"{int(one):016x}" for one in own] if field in NUMBERS else own


def test_each_field_is_in_a_sample(tshark: dict[Sample, Values]) -> None:
    seen = {field for said in tshark.values() for field in said if said[field]}
    assert set(SAME) - seen == set()


@pytest.mark.parametrize("sample", PACKETS, ids=str)
def test_fields_are_tsharks(sample: Sample, tshark: dict[Sample, Values]) -> None:
    found = list(leaves(decoded(sample)))
    vouched: set[str] = set()
    for field, paths in SAME.items():
        said = theirs(field, tshark[sample][field])
        if said and (sample[1], field) not in THEIRS:
            mine = [value for path in paths.split() for names, value in found if path in names]
            assert (field, said) == (field, mine)
            vouched |= set(paths.split())
    rest = {
        re.sub(r":(4|6|name)$", "", names[-1]) for names, _ in found if not vouched & set(names)
    }
    assert {path for path in rest if not alone(sample[1], path)} == set()


def test_the_samples_are_many_and_differences_few() -> None:
    assert sum(family == 4 for family, _ in PACKETS) >= 60
    assert sum(family == 6 for family, _ in PACKETS) >= 80
    assert set(DIFFERENT) <= set(PACKETS)


@pytest.mark.parametrize("sample", PACKETS, ids=str)
def test_words_are_tcpdumps(sample: Sample, tcpdump: dict[Sample, str]) -> None:
    said = meant(tcpdump[sample].removeprefix("ICMP6, ").removeprefix("ICMP "))
    text = decoded(sample).text
    if is_unknown(said):
        assert not is_unknown(text)
    elif sample in DIFFERENT:
        assert (said, text) == DIFFERENT[sample][:2]
    else:
        assert said == text
