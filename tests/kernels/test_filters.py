"""What the kernel lets through is what was asked for: the host's test, in booted kernels."""

from __future__ import annotations

from tests.filtering import check_filters


def test_each_flag_and_twenty_combinations() -> None:
    check_filters("auto")
