"""Whose a message is, where no probe can be attached to the functions that send."""

from __future__ import annotations

from tests.owners import check_owners


def test_ten_pingers_at_once() -> None:
    check_owners(delay_ms=0)  # this kernel has no netem
