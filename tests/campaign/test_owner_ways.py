"""Whose a message is, by every way to attach, and where softirqs are tasks (PREEMPT_RT)."""

from __future__ import annotations

import pytest

from tests.owners import check_light_owners, check_owners

BOOT = {"kernels": ["5.10", "6.1", "6.12", "6.12-rt", "7.x"]}


@pytest.mark.parametrize("way", ["kretprobe", "fexit", "tracepoint"])
def test_ten_pingers_at_once(way: str) -> None:
    check_owners("--attach", way)


@pytest.mark.parametrize("way", ["kretprobe", "fexit"])
def test_eight_pingers_at_once_seen_by_light_hooks(way: str) -> None:
    check_light_owners("--attach", way)
