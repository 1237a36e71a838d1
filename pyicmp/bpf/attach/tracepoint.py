"""tracepoint: a static point in the kernel with the fields of its format file."""

from __future__ import annotations

import errno

from pyicmp.bpf.attach.made import link_perf_events, open_perf_event
from pyicmp.errors import NotSupported, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.link import Link
    from pyicmp.bpf.program import Program

__all__ = ["attach", "number_of"]

PERF_TYPE_TRACEPOINT = 2
TRACEFS = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")


def attach(program: Program, kind: str, *, tracepoint: str | None = None, cookie: int = 0) -> Link:
    """
    Attach to a tracepoint; tracefs must be mounted, where its number is.

    Args:
        program: The program.
        kind: ``tracepoint``.
        tracepoint: ``group/name``, as ``skb/kfree_skb``; else the section's.
        cookie: What the program gets from ``bpf_get_attach_cookie()`` (Linux 5.15).
    """
    wanted = tracepoint or program.target or ""
    if wanted.count("/") != 1:
        raise UsageError(
            f"cannot attach {program.name} to '{wanted}'",
            "that is no tracepoint",
            "name it as group/name: attach(tracepoint='skb/kfree_skb')",
        )
    what = f"cannot attach {program.name} to {wanted}"
    event = open_perf_event(what, kind, (PERF_TYPE_TRACEPOINT, number_of(what, wanted), 0, 0))
    return link_perf_events(program, kind, wanted, [event], cookie)


def number_of(what: str, tracepoint: str) -> int:
    """
    Return the number of ``group/name`` in tracefs.

    Raises:
        NotSupported: There is none, or tracefs is not mounted.
    """
    mounted = False
    for folder in TRACEFS:
        try:
            with open(f"{folder}/events/{tracepoint}/id", encoding="ascii") as file:
                return int(file.read())
        except OSError as error:
            mounted = mounted or _is_mounted(folder)
            last = error
    if mounted and last.errno == errno.ENOENT:
        why, fix = "this kernel has no such tracepoint", f"see {TRACEFS[0]}/events"
    else:
        why = f"cannot read its number in {TRACEFS[0]}: {last.strerror}"
        fix = f"mount -t tracefs tracefs {TRACEFS[0]}, or use raw_tp or tp_btf"
    raise NotSupported(what, why, fix, errno=last.errno or errno.ENOENT)


def _is_mounted(folder: str) -> bool:
    import os

    return os.path.isdir(f"{folder}/events")
