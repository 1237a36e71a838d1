"""The kernel's own counters, as a second witness of what it does."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PER_CPU", "per_cpu_offset"]

PER_CPU = "__per_cpu_offset"  # of each CPU, where its copy of per-CPU data is


def per_cpu_offset(symbols: Mapping[str, int]) -> int:
    """
    Return where the kernel's array of that name is; 0 if counters are not to be read.

    On PREEMPT_RT others may move a CPU's counters while a message is being looked at.

    Args:
        symbols: Addresses of the kernel's symbols.
    """
    return 0 if "PREEMPT_RT" in os.uname().version else symbols.get(PER_CPU, 0)
