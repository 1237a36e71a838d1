"""
A ring read by bcc's own Python: ``open_ring_buffer()`` with a callback, and ``event()`` in it.

bcc cannot open a ring that it did not compile, and compiling takes the running kernel's headers. So
its objects are made without their constructors, around the ring's descriptor; from there on all
code is bcc's, and the record is a ctypes structure as bcc would derive it.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

DEBIAN = "/usr/lib/python3/dist-packages"  # python3-bpfcc; virtual environments leave it out


class Where(ctypes.Structure):
    """``struct where`` of tests/bpf/ring.bpf.c."""

    _fields_ = (("port", ctypes.c_ushort), ("path", ctypes.c_ubyte * 6))


class Plain(ctypes.Structure):
    """``struct plain`` there."""

    _fields_ = (
        ("number", ctypes.c_ulonglong),
        ("kind", ctypes.c_int),
        ("cpu", ctypes.c_uint),
        ("where", Where),
        ("comm", ctypes.c_char * 8),
    )


def drain_by_bcc(map_fd: int) -> tuple[str, Callable[[], int]] | None:
    """Return bcc's version and a function that reads all, or None if bcc is not installed."""
    sys.path.append(DEBIAN)
    try:
        import bcc  # type: ignore[import-not-found]
        from bcc.table import RingBuf  # type: ignore[import-not-found]
    except ImportError:
        return None
    total = 0

    def add(context: object, data: int, size: int) -> None:
        nonlocal total
        total += table.event(data).number

    owner: Any = bcc.BPF.__new__(bcc.BPF)
    owner._ringbuf_manager = None
    table: Any = RingBuf.__new__(RingBuf)
    table.bpf, table.map_fd, table._cbs, table._event_class = owner, map_fd, {}, Plain
    table.open_ring_buffer(add)

    def drain() -> int:
        nonlocal total
        total = 0
        owner.ring_buffer_consume()
        return total

    return bcc.__version__, drain
