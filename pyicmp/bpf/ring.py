"""Reads BPF ring buffers, a bounded batch at a time."""

from __future__ import annotations

import select

from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.call import check, pointer
from pyicmp.errors import LifecycleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.bpf.map import Map

__all__ = ["Batch", "RingBuffer"]


class Batch:
    """
    Some records, copied out of a ring in the order in which they were reserved there.

    Attributes:
        data: The records' bytes, end to end.
        sizes: Each record's size in bytes.
        layout: The records' type, if the ring was opened with one.
    """

    __slots__ = ("data", "layout", "sizes")

    def __init__(self, data: bytes, sizes: memoryview, layout: Layout | None = None) -> None:
        self.data, self.sizes, self.layout = data, sizes, layout

    def __len__(self) -> int:
        return len(self.sizes)

    def raw(self) -> Iterator[memoryview]:
        """Yield each record's bytes."""
        view, start = memoryview(self.data), 0
        for size in self.sizes:
            yield view[start : start + size]
            start += size


class RingBuffer:
    """
    One reader of one ring buffer map.

    Two readers of the same ring would each get some of the records: use one.
    """

    def __init__(self, ring_map: Map, layout: Layout | None = None) -> None:
        self.layout = layout
        self.name = ring_map.name
        self._batch = lib.pyicmp_batch_new()
        self._ring = ffi.NULL
        try:
            self._ring = pointer(
                f"cannot read ring {self.name}",
                lib.pyicmp_ring_new,
                ring_map.fileno(),
                self._batch,  # written by every drain: freed after the ring
            )
        finally:
            if not self._ring:
                lib.pyicmp_batch_free(self._batch)
        self._poll = select.poll()
        self._poll.register(self.fileno(), select.POLLIN)

    def fileno(self) -> int:
        """Return a descriptor that polls as readable while the ring holds records."""
        self._require_open()
        return lib.ring_buffer__epoll_fd(self._ring)

    @property
    def refused(self) -> int:
        """Records that were lost here, on the way out of the ring, for want of memory."""
        return self._batch.refused if self._ring else 0

    def read(self, timeout: float | None = None, max_records: int = 4096) -> Batch:
        """
        Return the records that are there, waiting for the first if there is none.

        Args:
            timeout: Seconds to wait; None waits without end, 0 not at all.
            max_records: Bound of one batch: what is left stays in the ring.

        Returns:
            A batch, empty if the time ran out.

        Raises:
            LifecycleError: The ring is closed.
            BpfError: libbpf could not read the ring.

        Example:
            >>> batch = ring.read(timeout=1.0)  # doctest: +SKIP
        """
        self._require_open()
        if timeout != 0:
            self._poll.poll(None if timeout is None else max(timeout, 0) * 1000)
        check(
            f"cannot read ring {self.name}",
            lib.pyicmp_ring_drain,
            self._ring,
            self._batch,
            max_records,
        )
        batch = self._batch
        data = bytes(ffi.buffer(batch.data, batch.data_len)) if batch.count else b""
        sizes = bytes(ffi.buffer(batch.sizes, 4 * batch.count)) if batch.count else b""
        return Batch(data, memoryview(sizes).cast("I"), self.layout)

    def _require_open(self) -> None:
        if not self._ring:
            raise LifecycleError(f"cannot read ring {self.name}", "it is closed", "open it again")

    def close(self) -> None:
        """Unmap the ring; a second call does nothing."""
        ring, self._ring = self._ring, ffi.NULL
        if ring:
            lib.ring_buffer__free(ring)
            lib.pyicmp_batch_free(self._batch)

    def __enter__(self) -> RingBuffer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
