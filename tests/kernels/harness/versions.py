"""Choosing the newest kernel from Debian's Packages lists. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import zip_longest


@dataclass(frozen=True)
class Package:
    """The few fields of a Packages stanza that matter here."""

    name: str
    version: str


@dataclass(frozen=True)
class Choice:
    """One kernel found in the archive: its ``uname -r`` and the packages that hold it."""

    release: str
    version: str
    packages: tuple[str, ...]


def parse_packages(text: str, names: str) -> Iterator[Package]:
    """Yield the packages of a Packages list whose name matches the pattern ``names``."""
    for stanza in re.finditer(rf"^Package: (?:{names})(?:\n.+)+", text, re.M):
        fields = dict(re.findall(r"^(Package|Version): (.*)$", stanza.group(), re.M))
        yield Package(fields["Package"], fields["Version"])


def _order(char: str) -> int:
    if char == "~":
        return -1
    return ord(char) if char.isalpha() else ord(char) + 256


def _compare_part(left: str, right: str) -> int:
    pairs = zip_longest(
        re.findall(r"(\D*)(\d*)", left), re.findall(r"(\D*)(\d*)", right), fillvalue=("", "")
    )
    for (text_l, num_l), (text_r, num_r) in pairs:
        for a, b in zip_longest(map(_order, text_l), map(_order, text_r), fillvalue=0):
            if a != b:
                return a - b
        if int(num_l or 0) != int(num_r or 0):
            return int(num_l or 0) - int(num_r or 0)
    return 0


def compare(left: str, right: str) -> int:
    """Order two Debian versions as ``dpkg --compare-versions`` does: below, at or above zero."""

    def split(version: str) -> tuple[int, str, str]:
        epoch, colon, rest = version.partition(":")
        if not colon:
            epoch, rest = "0", version
        upstream, dash, revision = rest.rpartition("-")
        return (int(epoch), upstream, revision) if dash else (int(epoch), rest, "")

    (epoch_l, *parts_l), (epoch_r, *parts_r) = split(left), split(right)
    if epoch_l != epoch_r:
        return epoch_l - epoch_r
    results = (_compare_part(str(a), str(b)) for a, b in zip(parts_l, parts_r, strict=True))
    return next((result for result in results if result), 0)


def newest(packages: Iterable[Package], flavour: str, prefix: str) -> list[Choice]:
    """Find the kernels of ``flavour`` whose version begins with ``prefix``, newest first.

    Up to 6.x one package (signed, or ``-unsigned``) holds boot file and modules; 7.x splits
    them into linux-binary, linux-modules and linux-base. Signed ones win: modules load then
    under lockdown too.
    """
    boot = re.compile(
        rf"linux-(image|binary)-(?:unsigned-)?(\d\S*-{re.escape(flavour)})(?:-unsigned)?$"
    )
    known = {(package.name, package.version) for package in packages}
    found: dict[tuple[str, str], list[tuple[int, int, str]]] = {}
    for name, version in known:
        match = boot.match(name)
        if match and version.startswith(prefix):
            rank = (match[1] != "binary", "unsigned" in name, name)
            found.setdefault((version, match[2]), []).append(rank)
    choices = []
    order = cmp_to_key(compare)
    for version, release in sorted(found, key=lambda one: (order(one[0]), one[1]), reverse=True):
        boots = min(found[version, release])[2]
        parts = [f"linux-{part}-{release}" for part in ("modules", "base")]
        extra = [name for name in parts if (name, version) in known]
        choices.append(Choice(release, version, (boots, *extra)))
    return choices
