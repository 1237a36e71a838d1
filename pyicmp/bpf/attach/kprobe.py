"""kprobe, kretprobe, ksyscall, kretsyscall: any kernel function, by a perf event."""

from __future__ import annotations

import errno
import os

from pyicmp.bpf import host
from pyicmp.bpf._native import ffi
from pyicmp.bpf.attach.made import link_perf_events, open_perf_event
from pyicmp.errors import BpfError, NotSupported, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.host import ProbePmu
    from pyicmp.bpf.link import Link
    from pyicmp.bpf.program import Program

__all__ = ["attach", "require_pmu"]

# How an architecture calls its system calls' functions (its asm/syscall_wrapper.h).
_SYSCALLS = {"x86_64": "__x64_sys_", "aarch64": "__arm64_sys_", "s390x": "__s390x_sys_"}
_SYSCALLS |= {"riscv64": "__riscv_sys_"}


def attach(
    program: Program,
    kind: str,
    *,
    function: str | None = None,
    offset: int = 0,
    cookie: int = 0,
) -> Link:
    """
    Attach to a kernel function's entry, an instruction inside, or its return.

    Args:
        program: The program.
        kind: ``kprobe`` or ``kretprobe``; with ``ksyscall`` *function* is a system call's name.
        function: The function. If the kernel has only a compiler-made twin, that is taken.
        offset: Bytes from its start.
        cookie: What the program gets from ``bpf_get_attach_cookie()`` (Linux 5.15).
    """
    name, _, inside = (function or program.target or "").partition("+")
    if not name:
        raise UsageError(
            f"cannot attach {program.name}",
            f"its section {program.section} names no function",
            "give one: attach(function=…)",
        )
    if kind.endswith("syscall"):
        name = _SYSCALLS.get(os.uname().machine, "sys_") + name
    offset = offset or int(inside or "0", 0)
    returns = kind.startswith("kret")
    try:
        return _attach(program, kind, name, (offset, returns, cookie))
    except BpfError as error:
        if error.errno not in (errno.ENOENT, errno.EADDRNOTAVAIL) or not host.has_kprobe_pmu():
            raise
    # Only now, since reading /proc/kallsyms takes longer than all of the start besides.
    from pyicmp.bpf.symbols import resolve_symbol

    return _attach(program, kind, resolve_symbol(name), (offset, returns, cookie))


def require_pmu(what: str) -> ProbePmu:
    """
    Return the source of the perf events that kprobes are.

    Args:
        what: What is wanted, for the message.

    Raises:
        NotSupported: This kernel offers none.
    """
    pmu = host.probe_pmu("kprobe")
    if pmu is None:
        raise NotSupported(
            what,
            f"ENOENT: no {host.KPROBE_PMU}"
            f" ({host.no_sysfs() or 'a kernel without CONFIG_KPROBE_EVENTS'})",
            "attach another way",
            errno=errno.ENOENT,
            call="perf_event_open(kprobe)",
        )
    return pmu


def _attach(program: Program, kind: str, symbol: str, how: tuple[int, bool, int]) -> Link:
    offset, returns, cookie = how
    what = f"cannot attach {program.name} to {symbol}"
    pmu = require_pmu(what)
    name = ffi.new("char[]", symbol.encode())  # the kernel copies it
    config = returns << pmu.return_bit
    event = open_perf_event(
        what, kind, (pmu.type, config, int(ffi.cast("uintptr_t", name)), offset)
    )
    return link_perf_events(program, kind, symbol, [event], cookie)
