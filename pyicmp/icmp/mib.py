"""The kernel's own counters, as a second witness of what it does."""

from __future__ import annotations

import os

from pyicmp.bpf.symbols import symbol_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp import bpf

__all__ = ["use_counters"]


def use_counters(opened: bpf.OpenObject) -> bool:
    """
    Let an object's programs read this CPU's counters, and tell whether they can.

    Not on PREEMPT_RT, where others may move them while a message is being looked at.
    """
    if "PREEMPT_RT" in os.uname().version:
        return False
    address = symbol_address("__per_cpu_offset") or 0
    opened.globals["per_cpu_offset"] = address
    return address > 0
