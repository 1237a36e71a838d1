"""
What the kernel says of a program or link: ``BPF_OBJ_GET_INFO_BY_FD``.

The offsets are those of ``struct bpf_prog_info`` and ``struct bpf_link_info``, which only ever grow
at the end; the kernel tells how many bytes it has, and so what an older one cannot say.
"""

from __future__ import annotations

import sys

from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.call import check

__all__ = ["Info", "link_missed", "link_type", "read_info"]

SIZE = 256
LINK_TYPES = (
    "unspec", "raw_tracepoint", "tracing", "cgroup", "iter", "netns", "xdp", "perf_event",
    "kprobe_multi", "struct_ops", "netfilter", "tcx", "uprobe_multi", "netkit", "sockmap",
)  # fmt: skip
PERF_KPROBE, PERF_KRETPROBE = 3, 4  # enum bpf_perf_event_type


class Info:
    """
    One such struct.

    Attributes:
        size: How many bytes of it this kernel knows; numbers beyond are None.
    """

    __slots__ = ("_data", "size")

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self.size = data, size

    def number(self, offset: int, length: int) -> int | None:
        """Return the unsigned number at *offset*, *length* bytes long."""
        if offset + length > self.size:
            return None
        return int.from_bytes(self.bytes(offset, length), sys.byteorder)

    def bytes(self, offset: int, length: int) -> bytes:
        """Return raw bytes."""
        return self._data[offset : offset + length]


def read_info(what: str, fd: int) -> Info:
    """
    Return what the kernel says of *fd*.

    Raises:
        BpfError: It is no BPF descriptor.
    """
    data, size = ffi.new("char[]", SIZE), ffi.new("uint32_t *", SIZE)
    check(f"cannot ask about {what}", lib.bpf_obj_get_info_by_fd, fd, data, size)
    return Info(bytes(ffi.buffer(data)), size[0])


def link_type(info: Info) -> str:
    """Return a link's type by the kernel's name, as ``perf_event``."""
    number = info.number(0, 4) or 0
    return LINK_TYPES[number] if number < len(LINK_TYPES) else str(number)


def link_missed(info: Info) -> int | None:
    """
    Return how often the kernel could not run a kprobe link's program; None if it cannot say.

    Both counts came with Linux 6.7, the first whose struct is longer than 48 bytes.
    """
    kind = link_type(info)
    if kind == "kprobe_multi":
        return info.number(32, 8) if info.size >= 56 else None
    if kind == "perf_event" and info.number(16, 4) in (PERF_KPROBE, PERF_KRETPROBE):
        return info.number(48, 8)
    return None
