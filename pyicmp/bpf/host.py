"""
What this process may do, and what this host offers: facts read from /proc and /sys.

Nothing here decides what works (only trying does); these facts explain a refusal.
"""

from __future__ import annotations

import os

__all__ = [
    "has_bpf_lsm",
    "has_btf",
    "has_kprobe_pmu",
    "in_user_namespace",
    "lockdown",
    "lsms",
    "memlock_limited",
    "missing_capabilities",
    "perf_event_paranoid",
    "probe_pmu",
    "seccomp_filtered",
]

KERNEL_BTF = "/sys/kernel/btf/vmlinux"
# The file by which libbpf chooses between perf events and tracefs (libbpf.c,
# determine_kprobe_perf_type).
PMU_FOLDER = "/sys/bus/event_source/devices"
KPROBE_PMU = f"{PMU_FOLDER}/kprobe/type"

# include/uapi/linux/capability.h
_CAPABILITIES = {"CAP_SYS_ADMIN": 21, "CAP_SYS_RESOURCE": 24, "CAP_PERFMON": 38, "CAP_BPF": 39}


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _status(key: str) -> str:
    for line in _read("/proc/self/status").splitlines():
        if line.startswith(key + ":"):
            return line.split(":", 1)[1].strip()
    return ""


def has_capability(name: str) -> bool:
    """Tell whether the capability *name* is effective in this process."""
    return bool(int(_status("CapEff") or "0", 16) >> _CAPABILITIES[name] & 1)


def missing_capabilities() -> list[str]:
    """
    Return which capabilities to load and attach tracing programs are not effective here.

    CAP_SYS_ADMIN stands for both of the others (capabilities(7)).
    """
    if has_capability("CAP_SYS_ADMIN"):
        return []
    return [name for name in ("CAP_BPF", "CAP_PERFMON") if not has_capability(name)]


def in_user_namespace() -> bool:
    """Tell whether uid 0 here is not the host's: BPF asks for the initial user namespace."""
    mapping = _read("/proc/self/uid_map").split()
    return bool(mapping) and mapping != ["0", "0", "4294967295"]


def seccomp_filtered() -> bool:
    """Tell whether a seccomp filter, such as a container runtime's, is in force."""
    return _status("Seccomp") == "2"


def memlock_limited() -> bool:
    """
    Tell whether RLIMIT_MEMLOCK is finite, and this process may not raise it.

    Before Linux 5.11 that limit bounds the memory of BPF maps.
    """
    if has_capability("CAP_SYS_RESOURCE"):
        return False
    for line in _read("/proc/self/limits").splitlines():
        if line.startswith("Max locked memory"):
            return line.split()[3] != "unlimited"
    return False


def lockdown() -> str:
    """Return the lockdown mode: ``none``, ``integrity``, ``confidentiality``; empty if unknown."""
    text = _read("/sys/kernel/security/lockdown")
    return text.partition("[")[2].partition("]")[0]


def lsms() -> list[str]:
    """Return the active Linux security modules; none if securityfs is not mounted."""
    return [name for name in _read("/sys/kernel/security/lsm").strip().split(",") if name]


def has_bpf_lsm() -> bool:
    """Tell whether BPF is among the active security modules, as far as can be known."""
    active = lsms()
    return not active or "bpf" in active


def perf_event_paranoid() -> int | None:
    """Return sysctl ``kernel.perf_event_paranoid``, or None if it cannot be read."""
    text = _read("/proc/sys/kernel/perf_event_paranoid").strip()
    return int(text) if text else None


def has_btf() -> bool:
    """Tell whether the running kernel's own BTF can be read."""
    return os.access(KERNEL_BTF, os.R_OK)


def has_kprobe_pmu() -> bool:
    """
    Tell whether the kernel has kprobes as perf events.

    Without, libbpf would write into tracefs, where a killed process leaves its probe behind.
    """
    return os.access(KPROBE_PMU, os.R_OK)


class ProbePmu:
    """
    A source of perf events for probes.

    Attributes:
        type: Its number, for ``perf_event_attr.type``.
        return_bit: Which bit of ``config`` asks for the function's return.
    """

    __slots__ = ("return_bit", "type")

    def __init__(self, type: int, return_bit: int) -> None:  # noqa: A002 - the kernel's name
        self.type, self.return_bit = type, return_bit


def probe_pmu(name: str) -> ProbePmu | None:
    """Return the source ``kprobe`` or ``uprobe``, or None if this kernel offers none."""
    number = _read(f"{PMU_FOLDER}/{name}/type").strip()
    if not number:
        return None
    bit = _read(f"{PMU_FOLDER}/{name}/format/retprobe").strip()  # "config:0"
    return ProbePmu(int(number), int(bit.partition(":")[2] or "0"))
