"""Minutes of healthy traffic: no line; the short version is tests/kernels/test_drops.py."""

from __future__ import annotations

from tests.dropping import healthy_for

BOOT = {"kernels": ["5.10", "6.1", "6.12", "6.12-rt", "7.x"]}
SECONDS = 240


def test_no_false_alarm() -> None:
    lines, freed, rounds = healthy_for(SECONDS)
    assert lines == []
    assert freed > 100 * rounds
