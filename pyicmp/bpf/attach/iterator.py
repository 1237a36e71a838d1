"""iter: a program that prints something of each task, socket or map entry in the kernel."""

from __future__ import annotations

import struct

from pyicmp.bpf._native import ffi
from pyicmp.bpf.attach.made import link_create

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.link import Link
    from pyicmp.bpf.map import Map
    from pyicmp.bpf.program import Program

__all__ = ["attach"]

TRACE_ITER = 28  # enum bpf_attach_type


def attach(
    program: Program,
    kind: str,
    *,
    map: Map | None = None,  # noqa: A002 - the kernel's name for it
    pid: int = 0,
) -> Link:
    """
    Make an iterator; ``link.read()`` runs it.

    Args:
        program: The program.
        kind: ``iter``.
        map: For ``iter/bpf_map_elem`` and its like: the map whose entries are meant.
        pid: For ``iter/task`` and its like: only this process (Linux 6.1).
    """
    # union bpf_iter_link_info: map_fd; or for tasks tid, pid
    info = struct.pack("=IIQ", map.fileno(), 0, 0) if map else struct.pack("=IIQ", 0, pid, 0)
    buffer = ffi.new("char[]", info)
    length = (4 if map else 8) if map or pid else 0
    tail = struct.pack("=QI", int(ffi.cast("uintptr_t", buffer)) if length else 0, length)
    return link_create(program, kind, program.target or "", TRACE_ITER, tail=tail)
