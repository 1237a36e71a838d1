"""Drops where fentry and fexit cannot be had: this host, it may be."""

from __future__ import annotations

from tests.dropping import check_tracepoint_alone


def test_the_tracepoint_alone() -> None:
    check_tracepoint_alone()
