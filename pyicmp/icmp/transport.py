"""What records come through: ring buffers or, where a kernel has none, perf buffers."""

from __future__ import annotations

import os
from errno import EOPNOTSUPP
from mmap import PAGESIZE

from pyicmp import bpf
from pyicmp.errors import NotSupported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.bpf.open_map import OpenMap
    from pyicmp.bpf.reader import Reader

__all__ = ["Transport", "has_rings", "no_ring"]

# The ring whose programs can do without, and where they make their records then (bpf/output.h).
EITHER, DRAFTS = "events", "drafts"
# What only the programs of one ring touch: not made where that is not read, since it is memory.
OWN = {
    "verdicts": ("windows", "copies", "judgements"),
    "effects": ("error_windows",),
    "splits": ("sendings", "trips", "deliveries"),
}


class Transport:
    """
    What records come through: found by trying, since ring buffers take Linux 5.8.

    Args:
        buffer_len: Bytes of each ring; of the perf buffers of all CPUs together.
        is_ring: Which of them to take; None: what this kernel has.

    Attributes:
        is_ring: Whether it is a ring, else there is a perf buffer for each CPU.
        count: How many buffers a ring of the object becomes.
        buffer_len: Bytes of each of them.
    """

    def __init__(self, buffer_len: int, is_ring: bool | None = None) -> None:
        self.is_ring = has_rings() if is_ring is None else is_ring
        self.count = 1 if self.is_ring else os.cpu_count() or 1
        self.buffer_len = buffer_len
        if not self.is_ring:
            pages = max(1, buffer_len // self.count // PAGESIZE)
            self.buffer_len = PAGESIZE << pages.bit_length() - 1

    def prepare(self, opened: bpf.OpenObject, read: Container[str]) -> None:
        """
        Give the rings of an object their kind and size.

        Args:
            opened: The object.
            read: Those that are read; another is as small as a ring can be, or not made.

        Raises:
            NotSupported: One that is read can be nothing but a ring, and there are none.
        """
        for name, ring in opened.maps.items():
            if ring.type != "ringbuf":
                continue
            for own in OWN.get(name, ()):
                opened.maps[own].autocreate = name in read
            if self.is_ring:
                ring.max_entries = self.buffer_len if name in read else PAGESIZE
            elif name not in read:
                ring.autocreate = False
            elif name == EITHER:
                _make_perf(ring)
            else:
                raise no_ring(name)
        if self.is_ring:
            opened.maps[DRAFTS].autocreate = False

    def open(self, obj: bpf.Object, name: str, layout: Layout) -> Reader:
        """Open the ring *name*, whose records are of one type, for reading."""
        if self.is_ring:
            return obj.ring(name, layout)
        return obj.perf(name, layout, self.buffer_len // PAGESIZE)


def has_rings() -> bool:
    """Tell whether this kernel has ring buffers, as far as it lets itself be asked."""
    return bpf.features.map_type("ringbuf").answer is not False


def no_ring(name: str) -> NotSupported:
    """Return what a ring meets that can be nothing else, where there are none."""
    why = "EOPNOTSUPP: this kernel has no BPF ring buffers (before Linux 5.8)"
    return NotSupported(f"cannot make ring {name}", why, errno=EOPNOTSUPP)


def _make_perf(ring: OpenMap) -> None:
    """Make a ring, before it is loaded, a perf event array."""
    ring.type, ring.max_entries = "perf_event_array", 0  # libbpf: one for each CPU
    ring.key_size = ring.value_size = 4
