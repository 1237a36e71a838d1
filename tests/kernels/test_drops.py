"""Healthy traffic is no drop: none of what the kernel frees of it has a line; a real drop has."""

from __future__ import annotations

from tests.dropping import check_tracepoint_alone, healthy_for
from tests.judging import check_flood_of_no_concern

SECONDS = 20


def test_no_false_alarm() -> None:
    lines, freed, rounds = healthy_for(SECONDS)
    assert lines == []
    assert freed > 0
    assert rounds >= 1


def test_the_tracepoint_alone() -> None:
    check_tracepoint_alone()


def test_a_flood_that_is_answered_costs_nothing() -> None:
    check_flood_of_no_concern(77, "drops", "--id", "77")
