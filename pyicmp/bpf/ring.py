"""Reads BPF ring buffers straight from the memory that they share with the kernel."""

from __future__ import annotations

import os

from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.batch import Batch
from pyicmp.bpf.call import check, pointer
from pyicmp.bpf.reader import Reader
from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyicmp.bpf.map import Map
    from pyicmp.bpf.records import RecordTypes

__all__ = ["Batch", "RingBuffer"]

BPF_MAP_TYPE_RINGBUF = 27


class RingBuffer(Reader):
    """
    The reader of one ring buffer map: see ``Object.ring()``.

    Use one for each ring: all readers of a ring share one place in it, and two that do not know
    of each other would give some records twice. It outlives the object that it was opened from.

    The kernel does not count the records that a full ring refuses: only the program can. Give
    ``lost=`` where it does, and each batch tells how many were lost since the batch before.

    Attributes:
        ring_len: The ring's size, bytes.
    """

    def __init__(
        self, ring_map: Map, types: RecordTypes, lost: Callable[[], int] | None = None
    ) -> None:
        what = f"cannot read ring {ring_map.name}"
        ring_len = ffi.new("uint32_t *")
        if check(what, lib.pyicmp_map_type, ring_map.fileno(), ring_len) != BPF_MAP_TYPE_RINGBUF:
            raise UsageError(what, "the map is no ring buffer")
        self.ring_len: int = ring_len[0]
        self._map_fd = os.dup(ring_map.fileno())
        try:
            self._ring = pointer(what, lib.pyicmp_ring_new, self._map_fd, self.ring_len)
        except BaseException:
            os.close(self._map_fd)
            raise
        super().__init__(ring_map.name, types, lost)

    @property
    def pending(self) -> int:
        """Bytes in the ring that wait to be read, headers included."""
        with self._lock:
            self._require_open()
            return self._ring.producer_pos[0] - self._ring.consumer_pos[0]

    def _take(self, max_records: int) -> Batch:
        ring, data, sizes = self._ring, b"", b""
        count = lib.pyicmp_ring_scan(ring, max_records)
        if count:
            data = bytes(ring.data_len)
            if not ring.record_len:
                sizes = bytes(4 * count)
            # These bytes are ours alone as yet: filled once, then never changed.
            lib.pyicmp_ring_copy(
                ring, ffi.from_buffer(data), ffi.from_buffer(sizes) if sizes else ffi.NULL
            )
        size, types, lost = ring.record_len, self.types, self._count_lost()
        batch = Batch(data, count, size=size, sizes=sizes, types=types, lost=lost)
        ring.consumer_pos[0] = ring.next_pos
        return batch

    def _busy(self) -> bool:
        return self._ring.busy

    def _fd(self) -> int:
        return self._map_fd

    def _free(self) -> None:
        lib.pyicmp_ring_free(self._ring)
        os.close(self._map_fd)
