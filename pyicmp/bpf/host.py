"""
What this process may do, and what this host offers: facts read from /proc and /sys.

Nothing here decides what works (only trying does); these facts explain a refusal.
"""

from __future__ import annotations

import os

__all__ = [
    "capabilities",
    "has_bpf_lsm",
    "has_btf",
    "has_kprobe_pmu",
    "in_user_namespace",
    "lockdown",
    "lsms",
    "memlock_limit",
    "memlock_limited",
    "missing_capabilities",
    "no_sysfs",
    "perf_event_paranoid",
    "probe_pmu",
    "probes_disarmed",
    "seccomp",
    "seccomp_filtered",
    "sysctl",
]

KERNEL_BTF = "/sys/kernel/btf/vmlinux"
# The file by which libbpf chooses between perf events and tracefs (libbpf.c,
# determine_kprobe_perf_type).
PMU_FOLDER = "/sys/bus/event_source/devices"
KPROBE_PMU = f"{PMU_FOLDER}/kprobe/type"

# include/uapi/linux/capability.h
_CAPABILITIES = {
    "CAP_BPF": 39, "CAP_PERFMON": 38, "CAP_SYS_ADMIN": 21, "CAP_SYS_RESOURCE": 24,
    "CAP_NET_RAW": 13,
}  # fmt: skip
# include/linux/proc_ns.h, PROC_USER_INIT_INO
_INITIAL_USER_NAMESPACE = 0xEFFFFFFD
_SECCOMP_MODES = {"0": "none", "1": "strict", "2": "filter"}


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


def capabilities() -> dict[str, bool]:
    """Return the capabilities that matter to pyicmp, and whether each is effective here."""
    return {name: has_capability(name) for name in _CAPABILITIES}


def missing_capabilities() -> list[str]:
    """
    Return which capabilities to load and attach tracing programs are not effective here.

    CAP_SYS_ADMIN stands for both of the others (capabilities(7)).
    """
    if has_capability("CAP_SYS_ADMIN"):
        return []
    return [name for name in ("CAP_BPF", "CAP_PERFMON") if not has_capability(name)]


def in_user_namespace() -> bool:
    """
    Tell whether this is not the initial user namespace, the one whose capabilities BPF asks for.

    Its map of users tells nothing: a container's may be the same.
    """
    try:
        return os.stat("/proc/self/ns/user").st_ino != _INITIAL_USER_NAMESPACE
    except OSError:  # no /proc, or no user namespaces
        return False


def seccomp() -> str:
    """Return the seccomp mode: ``none``, ``strict``, ``filter``; empty if the kernel has none."""
    return _SECCOMP_MODES.get(_status("Seccomp"), "")


def seccomp_filtered() -> bool:
    """Tell whether a seccomp filter, such as a container runtime's, is in force."""
    return seccomp() == "filter"


def memlock_limit() -> int | None:
    """Return RLIMIT_MEMLOCK, bytes; None if there is no limit."""
    for line in _read("/proc/self/limits").splitlines():
        if line.startswith("Max locked memory") and line.split()[3] != "unlimited":
            return int(line.split()[3])
    return None


def memlock_limited() -> bool:
    """
    Tell whether RLIMIT_MEMLOCK bounds BPF memory, and this process may not raise it.

    It does before Linux 5.11, which is found by trying.
    """
    if has_capability("CAP_SYS_RESOURCE") or memlock_limit() is None:
        return False
    from pyicmp.bpf.trials import counts_locked_memory

    return counts_locked_memory()


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
    text = sysctl("kernel.perf_event_paranoid")
    return int(text) if text else None


def sysctl(name: str) -> str | None:
    """Return a sysctl's text in this network namespace; None if there is none, or it is closed."""
    return " ".join(_read("/proc/sys/" + name.replace(".", "/")).split()) or None


def probes_disarmed() -> str:
    """Return what keeps attached probes from being met, for people; empty if nothing is known."""
    if _read("/sys/kernel/debug/kprobes/enabled").strip() == "0":
        return "all kprobes are switched off in /sys/kernel/debug/kprobes/enabled"
    if sysctl("kernel.ftrace_enabled") == "0":
        return "kernel.ftrace_enabled=0 keeps the kernel's functions from being traced"
    return ""


def no_sysfs() -> str:
    """Return why /sys shows nothing here, for people; empty if it does."""
    try:
        os.stat(os.path.dirname(KERNEL_BTF))
    except PermissionError:
        return "/sys is closed to this user"
    except OSError:
        return "" if os.path.isdir("/sys/kernel") else "/sys is not mounted here"
    return ""


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
