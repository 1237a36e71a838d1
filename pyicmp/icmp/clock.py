"""From the kernel's boot clock to wall-clock time."""

from __future__ import annotations

import time

__all__ = ["boot_now_ns", "suspended_ns", "wall_offset_ns"]


def _namespace_offset_ns() -> int:
    """Return what a time namespace adds to this process's boot clock, which BPF does not see."""
    try:
        with open("/proc/self/timens_offsets", encoding="ascii") as file:
            for line in file:
                name, seconds, nanoseconds = line.split()
                if name == "boottime":
                    return int(seconds) * 1_000_000_000 + int(nanoseconds)
    except OSError:  # a kernel without time namespaces (before 5.6)
        pass
    return 0


_NAMESPACE_OFFSET_NS = _namespace_offset_ns()


def boot_now_ns() -> int:
    """Return what ``bpf_ktime_get_boot_ns()`` returns now, ns."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - _NAMESPACE_OFFSET_NS


def wall_offset_ns() -> int:
    """
    Return what to add to ``bpf_ktime_get_boot_ns()`` to get Unix time, ns.

    Read it again for each batch: the wall clock is stepped and slewed while one traces.
    """
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    wall = time.clock_gettime_ns(time.CLOCK_REALTIME)
    after = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return wall - (before + after) // 2 + _NAMESPACE_OFFSET_NS


def suspended_ns() -> int:
    """Return how long this host has slept since it booted, ns: boot time minus monotonic time."""
    monotonic = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - monotonic
