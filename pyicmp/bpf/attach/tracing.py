"""fentry, fexit, fmod_ret, tp_btf, lsm, freplace, raw_tp: bound to their hook by the load."""

from __future__ import annotations

import errno
import struct

from pyicmp.bpf import host
from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.attach.made import link_create, link_of
from pyicmp.bpf.call import check
from pyicmp.errors import NotSupported, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.link import Link
    from pyicmp.bpf.program import Program

__all__ = ["attach", "require_lsm"]


def attach(program: Program, kind: str, *, tracepoint: str | None = None, cookie: int = 0) -> Link:
    """
    Attach to the function, tracepoint or LSM hook that the program was loaded for.

    Args:
        program: The program.
        kind: Its section's kind.
        tracepoint: For raw_tp, another tracepoint than the section's.
        cookie: What the program gets from ``bpf_get_attach_cookie()`` (Linux 5.19; not raw_tp).
    """
    hook = tracepoint or program.target or program.section
    if kind == "lsm":
        require_lsm(f"cannot attach {program.name} to {hook}")
    if kind == "raw_tp":
        if not (tracepoint or program.target) or cookie:
            raise UsageError(
                f"cannot attach {program.name}",
                "raw_tp takes no cookie" if cookie else "no tracepoint is named",
                "give a tracepoint: attach(tracepoint='kfree_skb')",
            )
        return _open(program, kind, hook, ffi.new("char[]", hook.encode()))
    if tracepoint is not None:
        raise UsageError(
            f"cannot attach {program.name} to {tracepoint}",
            f"a {kind} program is bound to its hook by the load",
            "set attach_target before load()",
        )
    if not cookie:
        return _open(program, kind, hook, ffi.NULL)
    tail = struct.pack("=IIQ", 0, 0, cookie)
    return link_create(program, kind, hook, program.expected_attach_type, tail=tail)


def require_lsm(what: str) -> None:
    """
    Refuse where the kernel would attach, and never run what is attached.

    Raises:
        NotSupported: BPF is not among the active security modules.
    """
    if not host.has_bpf_lsm():
        active = host.lsms()
        raise NotSupported(
            what,
            f"BPF is no active security module (there are {', '.join(active)})",
            f"boot with lsm={','.join(name for name in active if name != 'capability')},bpf",
            errno=errno.EOPNOTSUPP,
        )


def _open(program: Program, kind: str, hook: str, name: object) -> Link:
    fd = check(
        f"cannot attach {program.name} to {hook}",
        lib.bpf_raw_tracepoint_open,
        name,
        program.fileno(),
        call=f"bpf(BPF_RAW_TRACEPOINT_OPEN, {kind})",
    )
    return link_of(program, fd, kind, hook)
