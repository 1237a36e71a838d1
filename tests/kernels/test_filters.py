"""What the kernel lets through is what was asked for, by each way to attach."""

from __future__ import annotations

import pytest

from tests.filtering import check_filters


@pytest.mark.parametrize("way", ["kretprobe", "fexit", "tracepoint"])
def test_each_flag_and_twenty_combinations(way: str) -> None:
    check_filters(way)
