"""Drops where fentry and fexit cannot be had: this host, it may be."""

from __future__ import annotations

from tests.dropping import check_tracepoint_alone
from tests.judging import check_flood_of_no_concern


def test_the_tracepoint_alone() -> None:
    check_tracepoint_alone()


def test_a_flood_that_is_answered_costs_nothing() -> None:
    check_flood_of_no_concern(77, "drops", "--attach", "tracepoint", "--id", "77")
