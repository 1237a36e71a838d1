"""
Why the kernel or libbpf said no, and what to do: the one table for every error here.

Each rule names a cause that can be told from the error number, the log and this host's facts.
"""

from __future__ import annotations

import errno as errnos
import os

from pyicmp.bpf import host
from pyicmp.bpf.link_refusals import link_refusal
from pyicmp.errors import BpfError, NotPermitted, NotSupported

__all__ = ["bpf_error", "errno_name"]

ENOTSUPP = 524  # include/linux/errno.h: the kernel's own, leaked to userspace by bpf(2)


# libbpf's words.
NO_MODULES = "failed to iterate BTF objects"
NO_BTF, NO_CPUS = "failed to find valid kernel BTF", "Failed to open cpu mask file"
NO_MAP, NO_PROGRAM = "failed to create", "BPF program load failed"
NO_EVENT, NO_BPF = "failed to open perf buffer event", "Couldn't load trivial BPF program"
JIT = "net.core.bpf_jit_enable"
# A program refused before the verifier read it, by its type alone, if no reason stands before this.
UNREAD = "BEGIN PROG LOAD LOG --\nprocessed 0 insns"


def errno_name(number: int) -> str:
    """
    Return the symbol of a positive error number.

    Example:
        >>> errno_name(1)
        'EPERM'
    """
    if number == ENOTSUPP:
        return "ENOTSUPP"
    return errnos.errorcode.get(number, str(number))


def bpf_error(what: str, *, errno: int, call: str, log: str = "") -> BpfError:
    """
    Return the exception for a failed *call*, of the kind that the cause asks for.

    Args:
        what: What was wanted, for the message's first part.
        errno: Positive error number.
        call: The libbpf function that failed.
        log: What libbpf said during the call.
    """
    locked_down = _is_locked_down(errno, call, log)
    if "BEGIN PROG LOAD LOG" in log and UNREAD not in log and not locked_down:
        from pyicmp.bpf.rejections import rejection_error

        return rejection_error(what, errno, call, log)
    kind, why, fix = _explain(errno, call, log)
    return kind(what, f"{errno_name(errno)}: {why}", fix, errno=errno, call=call, log=log)


def _is_locked_down(errno: int, call: str, log: str) -> bool:
    """
    Tell whether lockdown mode confidentiality is what refused it.

    It takes helpers that read memory from programs, and lets nobody make kprobes
    (kernel/trace/bpf_trace.c, kernel/trace/trace_kprobe.c); everything else goes on.
    """
    if host.lockdown() != "confidentiality":
        return False
    if "bpf_probe_read" in log:
        return errno in (errnos.EPERM, errnos.EINVAL)
    kprobe = call.startswith("perf_event_open(k")
    return kprobe and errno == errnos.EPERM and not host.missing_capabilities()


def _explain(errno: int, call: str, log: str) -> tuple[type[BpfError], str, str]:
    if (NO_BTF in log or NO_CPUS in log) and (hidden := host.no_sysfs()):
        return (
            NotSupported,
            f"{hidden}, where the kernel tells its BTF and its CPUs",
            "mount -t sysfs sysfs /sys, and let this user read it",
        )
    if NO_BTF in log:
        return (
            NotSupported,
            f"this kernel offers no BTF in {host.KERNEL_BTF}",
            "give this kernel's BTF with --btf FILE (Python: btf=FILE), which serves kprobes only:"
            " fexit and tracepoints take the kernel's own",
        )
    if _is_locked_down(errno, call, log):
        return (
            NotPermitted,
            "the kernel is in lockdown mode confidentiality, which forbids reading its memory",
            "boot with lockdown=integrity or none",
        )
    # Container runtimes' filters answer with either.
    if errno == errnos.ENOSYS and host.seccomp_filtered():
        return _SECCOMP
    if errno in (errnos.EPERM, errnos.EACCES):
        return _explain_refusal(errno, call, log)
    return _explain_absence(errno, call, log)


def _is_out_of_locked_memory(errno: int, log: str) -> bool:
    """
    Tell whether RLIMIT_MEMLOCK is what refused a map, or a program before it was read.

    Before Linux 5.11 it bounds all BPF memory of a user together, other processes' and what is just
    being freed included: nothing may be left even for libbpf's first, trivial program.
    """
    if errno != errnos.EPERM or not host.memlock_limited():
        return False
    if NO_BPF in log:
        return not host.seccomp_filtered()
    return NO_MAP in log or NO_PROGRAM in log


_SECCOMP: tuple[type[BpfError], str, str] = (
    NotPermitted,
    "a seccomp filter (a container's?) is in force, and no capability is missing",
    "let the filter pass bpf(2) and perf_event_open(2)",
)


def _explain_refusal(errno: int, call: str, log: str) -> tuple[type[BpfError], str, str]:
    missing = host.missing_capabilities()
    if missing:
        return (
            NotPermitted,
            f"missing {' and '.join(missing)}",
            "run as root (sudo), or grant the capabilities",
        )
    if NO_MODULES in log and not host.has_capability("CAP_SYS_ADMIN"):
        return (
            NotPermitted,
            "a type is not in the kernel's own BTF, and CAP_SYS_ADMIN is missing to look for it in"
            " that of its modules",
            f"--btf {host.KERNEL_BTF} (libbpf 1.5 needs neither)",
        )
    if host.in_user_namespace():
        return (
            NotPermitted,
            "root in a user namespace (a container) has no rights over the kernel's BPF",
            "run on the host, or in a container without user namespace remapping",
        )
    paranoid = host.perf_event_paranoid()
    is_event = "perf_event_open" in call or NO_EVENT in log
    if is_event and paranoid is not None and paranoid > 2:
        return (
            NotPermitted,
            f"kernel.perf_event_paranoid={paranoid} forbids perf events without CAP_SYS_ADMIN",
            "sysctl kernel.perf_event_paranoid=2, or grant CAP_SYS_ADMIN",
        )
    if _is_out_of_locked_memory(errno, log):
        return (
            NotPermitted,
            "the limit of locked memory is too low, and CAP_SYS_RESOURCE is missing",
            "raise ulimit -l, or take a smaller --buffer",
        )
    if host.seccomp_filtered():
        return _SECCOMP
    if "BPF_OBJ_PIN" in call or "obj_pin" in call:
        return BpfError, "its folder is in no BPF file system", "mount -t bpf bpf /sys/fs/bpf"
    return (
        NotSupported,
        "refused by this kernel's own policy: no capability is missing",
        "try another way to attach",
    )


def _explain_absence(errno: int, call: str, log: str) -> tuple[type[BpfError], str, str]:
    if "(k" in call and errno == errnos.ENOENT:
        return NotSupported, "this kernel has no such function", "see /proc/kallsyms"
    if "(k" in call and errno == errnos.EINVAL:
        return (
            NotSupported,
            "this kernel takes no kprobe there: ftrace has the function's beginning, and"
            " CONFIG_KPROBES_ON_FTRACE is off; or it is on the kernel's blacklist",
            "try another way to attach",
        )
    missing = log.partition("kernel BTF type ID of '")[2].partition("'")[0]
    if missing:
        return NotSupported, f"this kernel's BTF has no {missing}", "try another way to attach"
    command, _, kind = call.partition("(")[2].rstrip(")").partition(", ")
    refused = link_refusal(errno, kind) if command == "BPF_LINK_CREATE" else None
    if refused:
        return refused
    if errno == errnos.EINVAL and ("BPF program load failed" in log or "PROG_LOAD" in call):
        why = "this kernel does not know programs of this type, or of this attach type"
        return NotSupported, why, "see python3 -m pyicmp.bpf features"
    if errno == errnos.EINVAL and "PROG_TEST_RUN" in call:
        why = "this kernel runs no such program by hand, or not with such arguments"
        return NotSupported, why, "see the arguments of test_run()"
    if errno == errnos.ESRCH and call == "bpf_program__set_attach_target":
        return NotSupported, "this kernel's BTF has no such function or hook", "see its name"
    if errno == errnos.EINVAL and call in ("bpf_obj_get_info_by_fd", "bpf_obj_pin"):
        why = "to this kernel it is no BPF object: perf events are none before Linux 5.15"
        return NotSupported, why, ""
    if errno == errnos.EINVAL and call == "bpf_link_update":
        why = "links of this kind take no other program, or not one of that type"
        return NotSupported, why, "close the link, and attach the other"
    if errno == errnos.EINVAL and call == "bpf_iter_create":
        return NotSupported, "it is no iterator", "only links of iter programs can be read"
    if errno in (ENOTSUPP, errnos.EOPNOTSUPP, errnos.ENOSYS):
        return NotSupported, "this kernel cannot do that", "try another way to attach"
    if errno == errnos.ENOMEM and UNREAD in log and host.sysctl(JIT) is None:
        why = "this kernel makes no machine code of BPF (CONFIG_BPF_JIT), which this type takes"
        return NotSupported, why, "try another way to attach"
    if errno == errnos.ENOMEM:
        return BpfError, "the kernel has no memory for it", "take a smaller --buffer"
    if ": failed to create: " in log:
        line = next(line for line in log.splitlines() if ": failed to create: " in line)
        fix = "this kernel may not know its type, or not with these sizes and flags"
        return BpfError, line.removeprefix("libbpf: "), fix
    said = [line.removeprefix("libbpf: ") for line in log.splitlines() if line.strip()]
    return BpfError, said[0] if said else os.strerror(errno), "see libbpf's log with -v"
