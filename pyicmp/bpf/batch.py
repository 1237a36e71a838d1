"""``Batch``: records that were read at once, as records, tuples, a numpy array, or bytes."""

from __future__ import annotations

from itertools import accumulate, chain, compress, islice
from sys import byteorder

from pyicmp.bpf.records import RecordTypes
from pyicmp.errors import LayoutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    import numpy as np

    from pyicmp.bpf.btf.layout import Layout

__all__ = ["Batch"]


class Batch:
    """
    Some records, in the order in which they were reserved in the ring.

    It owns a copy of their bytes and never changes; keep it as long as you like. Iterated
    over, it gives a record with named fields for each (each field is decoded when it is
    touched), or a memoryview where the ring was opened without a type.

    Attributes:
        data: The records' bytes, end to end.
        count: How many records.
        size: Bytes of each record if all have the same size, else 0.
        lost: Records lost before these, as far as the ring's kind can tell: see the reader.
        types: What the records are.

    Example:
        >>> for record in ring.read(timeout=1.0):  # doctest: +SKIP
        ...     print(record.pid, record.comm)
    """

    __slots__ = ("_sizes", "count", "data", "lost", "size", "types")

    def __init__(
        self,
        data: bytes,
        count: int,
        *,
        size: int = 0,
        sizes: bytes = b"",
        types: RecordTypes | None = None,
        lost: int = 0,
    ) -> None:
        self.data, self.size, self.lost = data, size, lost
        self.count, self._sizes, self.types = count, sizes, types or NO_TYPES

    @classmethod
    def of(cls, records: list[bytes], types: RecordTypes | None = None, lost: int = 0) -> Batch:
        """Return a batch of the records whose bytes are given."""
        from array import array

        lengths = [len(one) for one in records]
        same = lengths[0] if len(set(lengths)) == 1 else 0
        sizes = b"" if same else array("I", lengths).tobytes()
        return cls(b"".join(records), len(records), size=same, sizes=sizes, types=types, lost=lost)

    @property
    def layout(self) -> Layout | None:
        """The records' type, if they are all of one."""
        return self.types.layout

    @property
    def sizes(self) -> memoryview:
        """Each record's size in bytes."""
        if self.size:
            return memoryview(self.size.to_bytes(4, byteorder) * self.count).cast("I")
        return memoryview(self._sizes).cast("I")

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Any]:
        return self.since(0)

    def since(self, number: int) -> Iterator[Any]:
        """Iterate from record *number* on, where the first is 0."""
        if self.size and self.types.layout:
            return self.types.many(self.data, self.size, number * self.size)
        return map(self.types.one, islice(self.raw(), number, None))

    def raw(self) -> Iterator[memoryview]:
        """Yield each record's bytes."""
        view = memoryview(self.data)
        if self.size:
            starts = range(0, len(view), self.size)
            return (view[start : start + self.size] for start in starts)
        ends = list(accumulate(self.sizes))
        return (view[a:b] for a, b in zip(chain([0], ends), ends, strict=False))

    def tuples(self, *names: str) -> Iterator[tuple[Any, ...]]:
        """
        Yield fields of each record as tuples: about twice as fast as records.

        Args:
            *names: Fields, in the order wanted; dots lead into nested structs; none means all.

        Yields:
            Numbers as int, enums as their numbers, text as bytes up to NUL, nested structs as
            bytes.

        Raises:
            LayoutError: There is no such field, or the records are not of one type.

        Example:
            >>> for pid, port in batch.tuples("pid", "flow.port"):  # doctest: +SKIP
            ...     print(pid, port)
        """
        unpacker = self.types.layout_of().unpacker(*names)
        if self.size == unpacker.size:
            return unpacker.iter(self.data)
        return (unpacker.one(record) for record in self.raw())

    def numpy(self) -> np.ndarray[Any, np.dtype[np.void]]:
        """
        Return the records as a structured array over the batch's own bytes: nothing is copied.

        It is read-only. Fields and their types: see ``pyicmp.bpf.btf.dtype.dtype_of``.

        Raises:
            LayoutError: The records are not of one type and size.
            NotSupported: numpy is not installed.

        Example:
            >>> array = batch.numpy()  # doctest: +SKIP
            >>> array["len"].sum(), array["flow"]["port"].max()  # doctest: +SKIP
        """
        from pyicmp.bpf.btf.dtype import dtype_of, numpy

        layout = self.types.layout_of()
        size = self.size or layout.size
        if self.count and not self.size:
            raise LayoutError(
                f"records of '{layout.name}' differ in size",
                "an array has one size",
                "iterate over them, or use raw()",
            )
        if size not in self.types.dtypes:
            self.types.dtypes[size] = dtype_of(layout, size)
        array: np.ndarray[Any, np.dtype[np.void]] = numpy().frombuffer(
            self.data, self.types.dtypes[size]
        )
        return array

    def only(self, name: str) -> Batch:
        """
        Return the records of type *name*, of a ring whose records have several types.

        Example:
            >>> ring.read().only("open_event").numpy()  # doctest: +SKIP
        """
        types, rule = RecordTypes(record=self.types.layout_of(name)), self.types.rule
        chosen = [bytes(one) for one in self.raw() if rule is None or rule(one) == name]
        return Batch.of(chosen, types, self.lost)

    def where(self, wanted: Iterable[bool]) -> Batch:
        """Return the records that are *wanted*, as that says of each."""
        chosen = [bytes(one) for one in compress(self.raw(), wanted)]
        return Batch.of(chosen, self.types, self.lost)

    def ordered(self, name: str) -> Batch:
        """
        Return the records in the order of a field: perf buffers keep it for each CPU only.

        Example:
            >>> perf.read().ordered("boot_ns")  # doctest: +SKIP
        """
        keys = [key for (key,) in self.tuples(name)]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        if order == list(range(len(keys))):
            return self
        raw = list(self.raw())
        return Batch.of([bytes(raw[number]) for number in order], self.types, self.lost)

    def __repr__(self) -> str:
        lost = f", {self.lost} lost before" if self.lost else ""
        name = self.layout.name if self.layout else "records"
        return f"<Batch of {self.count} {name}, {len(self.data)} bytes{lost}>"


NO_TYPES = RecordTypes()
