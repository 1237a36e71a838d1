"""What a guest reports: its serial report, and the JUnit XML inside. Pure functions."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Report:
    """
    What came through the second serial port.

    ``began`` tells whether the kernel came as far as init; ``rc`` is None if the guest never ended.
    """

    began: bool
    rc: int | None
    files: dict[str, bytes]


BEGIN = b"init\n"


def parse_report(data: bytes) -> Report:
    """Split a report: ``init``, any number of ``file NAME BYTES`` with contents, ``rc=N``."""
    files: dict[str, bytes] = {}
    began, rest = data.startswith(BEGIN), data.removeprefix(BEGIN)
    while match := re.match(rb"file (\S+) (\d+)\n", rest):
        end = match.end() + int(match[2])
        if len(rest) < end:
            return Report(began, None, files)
        files[match[1].decode()] = rest[match.end() : end]
        rest = rest[end:]
    closing = re.fullmatch(rb"rc=(\d+)\n", rest)
    return Report(began, int(closing[1]) if closing else None, files)


@dataclass(frozen=True)
class Outcome:
    """One test case of a JUnit file; ``kind`` is passed, failed or skipped."""

    classname: str
    name: str
    kind: str
    text: str
    seconds: float

    @property
    def function(self) -> str:
        """The test function's name, without a parametrised case's brackets."""
        return self.name.partition("[")[0]


def _outcome(case: ET.Element) -> Outcome:
    kind, texts = "passed", []
    for child in case:
        if child.tag in ("failure", "error"):
            kind = "failed"
            texts.append(child.text or child.get("message") or child.tag)
        elif child.tag == "skipped" and kind == "passed":
            kind = "skipped"
            texts.append(child.get("message") or "skipped")
    return Outcome(
        case.get("classname", ""), case.get("name", ""), kind, "\n".join(texts),
        float(case.get("time", 0)),
    )  # fmt: skip


def parse_junit(xml: bytes) -> list[Outcome]:
    """The test cases of a JUnit file; a case that failed and then broke in teardown is one."""
    merged: dict[tuple[str, str], Outcome] = {}
    for case in ET.fromstring(xml).iter("testcase"):
        outcome = _outcome(case)
        key = (outcome.classname, outcome.name)
        before = merged.get(key)
        if before and before.kind == "failed":
            outcome = replace(before, text=f"{before.text}\n{outcome.text}".strip())
        merged[key] = outcome
    return list(merged.values())


def count(outcomes: Iterable[Outcome], kind: str) -> int:
    """How many outcomes are of ``kind``."""
    return sum(outcome.kind == kind for outcome in outcomes)
