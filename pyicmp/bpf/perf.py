"""Reads BPF perf event arrays: what programs used before there were ring buffers (Linux 5.8)."""

from __future__ import annotations

from sys import byteorder

from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.batch import Batch
from pyicmp.bpf.call import check, pointer
from pyicmp.bpf.reader import Reader
from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.map import Map
    from pyicmp.bpf.records import RecordTypes

__all__ = ["PAGES", "PerfBuffer"]

BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4
PAGES = 64


class PerfBuffer(Reader):
    """
    The reader of one perf event array, on all CPUs: see ``Object.perf()``.

    Records come in order for each CPU, not over all of them. ``batch.lost`` counts those that
    the kernel had no room for, which it tells in the stream itself, once there is room again.

    The kernel pads records: what is not of one known type may end in up to 7 bytes of nothing.
    """

    def __init__(self, perf_map: Map, types: RecordTypes, pages: int = PAGES) -> None:
        what = f"cannot read perf event array {perf_map.name}"
        fd, unused = perf_map.fileno(), ffi.new("uint32_t *")
        if check(what, lib.pyicmp_map_type, fd, unused) != BPF_MAP_TYPE_PERF_EVENT_ARRAY:
            raise UsageError(what, "the map is no perf event array")
        if pages < 1 or pages & pages - 1:
            raise UsageError(f"a perf buffer cannot have {pages} pages", "give a power of two")
        self._perf = pointer(
            what, lib.pyicmp_perf_new, fd, pages, types.layout.size if types.layout else 0
        )
        self._lost_told = 0
        super().__init__(perf_map.name, types, None)

    def _take(self, max_records: int) -> Batch:
        perf = self._perf
        check(f"cannot read perf event array {self.name}", lib.pyicmp_perf_drain, perf, max_records)
        count, lost = perf.count, perf.lost
        data = bytes(ffi.buffer(perf.data, perf.data_len)) if count else b""
        sizes = bytes(ffi.buffer(perf.sizes, 4 * count)) if count else b""
        size = int.from_bytes(sizes[:4], byteorder) if count * sizes[:4] == sizes else 0
        types, told = self.types, lost - self._lost_told
        batch = Batch(data, count, size=size, sizes=sizes, types=types, lost=told)
        self._lost_told = lost
        perf.count = 0
        return batch

    def has_kept(self) -> bool:
        """Tell whether the last batch was as large as it may be: then there may be more."""
        return self._perf.more or super().has_kept()

    def _fd(self) -> int:
        return lib.pyicmp_perf_fd(self._perf)

    def _free(self) -> None:
        lib.pyicmp_perf_free(self._perf)
