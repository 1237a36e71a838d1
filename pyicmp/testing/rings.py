"""Rings that a test makes, and rings that were saved."""

from __future__ import annotations

import os
from contextlib import suppress
from json import dumps, loads
from time import monotonic

from pyicmp.bpf.batch import Batch
from pyicmp.bpf.btf.layout import Layout
from pyicmp.bpf.btf.reader import Btf
from pyicmp.bpf.reader import MAX_RECORDS, Reader
from pyicmp.bpf.records import RecordTypes
from pyicmp.errors import ObjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pyicmp.bpf.records import ByField, Rule

__all__ = ["FakeRing", "record"]

FORMAT = "pyicmp-ring-1"


class FakeRing(Reader):
    """
    A ring that holds what it is given, in batches as given; then it is at its end.

    At the end iteration stops, and ``read()`` returns an empty batch at once.

    Args:
        batches: Each a ``Batch``, or the bytes of its records.
        layout: The records' type, for those given as bytes.

    Example:
        >>> layout = bpf.Spec.from_file("mine.bpf.o").layout("event")  # doctest: +SKIP
        >>> ring = FakeRing([[layout.pack(pid=1), layout.pack(pid=2)]], layout)  # doctest: +SKIP
        >>> [record.pid for batch in ring for record in batch]  # doctest: +SKIP
        [1, 2]
    """

    def __init__(
        self, batches: Iterable[Batch | list[bytes]], layout: Layout | None = None
    ) -> None:
        types = RecordTypes(record=layout)
        self._batches = [one if isinstance(one, Batch) else Batch.of(one, types) for one in batches]
        if layout is None and self._batches:
            types = self._batches[0].types
        self._place = [0, 0]  # the batch to read next, and how many of its records are read
        self._readable = os.eventfd(len(self._batches), os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        super().__init__("fake", types, None)

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], record: str | Rule | ByField | None = None
    ) -> FakeRing:
        """
        Return a ring that gives again what ``record()`` has saved.

        Args:
            path: The file.
            record: What its records are, as for ``Object.ring()``; None: as when they were saved.

        Raises:
            ObjectError: It is no such file, or cut off.
        """
        with open(path, "rb") as file:
            batches, types = _parse(file.read(), os.fspath(path), record)
        ring = cls(batches)
        ring.types = types
        return ring

    def _take(self, max_records: int) -> Batch:
        number, done = self._place
        if number == len(self._batches):
            return Batch(b"", 0, types=self.types)
        whole = self._batches[number]
        left = len(whole) - done
        batch = whole
        if done or left > max_records:
            chosen = [bytes(one) for one in whole.raw()][done : done + max_records]
            batch = Batch.of(chosen, whole.types, 0 if done else whole.lost)
        last = left <= max_records
        if last and number + 1 == len(self._batches):
            os.eventfd_read(self._readable)
        self._place = [number + 1, 0] if last else [number, done + max_records]
        return batch

    def read(self, timeout: float | None = None, max_records: int = MAX_RECORDS) -> Batch:
        """Return the next batch, or an empty one at the end."""
        return self._take_locked(max_records)

    async def aread(self, timeout: float | None = None, max_records: int = MAX_RECORDS) -> Batch:
        """Return the next batch, or an empty one at the end."""
        from asyncio import sleep

        await sleep(0)  # as the real one, let others run
        return self._take_locked(max_records)

    def __next__(self) -> Batch:
        batch = self.read()
        if not batch.count:
            raise StopIteration
        return batch

    async def __anext__(self) -> Batch:
        batch = await self.aread()
        if not batch.count:
            raise StopAsyncIteration
        return batch

    def records(self) -> Iterator[Any]:
        """Yield record after record, to the end."""
        for batch in self:
            yield from batch

    def _fd(self) -> int:
        return self._readable

    def _free(self) -> None:
        os.close(self._readable)


def record(
    reader: Reader,
    path: str | os.PathLike[str],
    *,
    seconds: float | None = None,
    max_records: int | None = None,
) -> int:
    """
    Save what a ring gives, with its types, for ``FakeRing.load()``.

    Args:
        reader: An open ring or perf buffer; ``tracer.attachment.ring`` for a tracer's.
        path: File to write.
        seconds: How long to read; None takes what is there now.
        max_records: Stop after so many.

    Returns:
        How many records were saved.

    Example:
        >>> record(ring, "flood.ring", seconds=2.0)  # doctest: +SKIP
    """
    left, give_up = max_records or 1 << 62, monotonic() + (seconds or 0)
    layout, count = reader.layout, 0
    btf = layout.btf.raw if layout else b""
    head = {"format": FORMAT, "btf_len": len(btf), "record": layout and layout.name}
    with open(path, "wb") as file:
        file.write(dumps(head).encode() + b"\n" + btf)
        while left > count:
            timeout = max(0.0, give_up - monotonic())
            batch = reader.read(timeout, min(left - count, MAX_RECORDS))
            if not batch.count:
                break
            facts = {"data_len": len(batch.data), "count": len(batch), "lost": batch.lost}
            file.write(dumps(facts).encode() + b"\n" + bytes(batch.sizes) + batch.data)
            count += len(batch)
    return count


def _parse(
    data: bytes, path: str, record: str | Rule | ByField | None
) -> tuple[list[Batch], RecordTypes]:
    head, at = _facts(data, 0, path)
    if head.get("format") != FORMAT:
        raise ObjectError(f"cannot load {path}", "it is no recorded ring")
    btf, at = data[at : at + head["btf_len"]], at + head["btf_len"]
    known = Btf(btf) if btf else None
    types = RecordTypes(
        (lambda name: Layout.of(known, name)) if known else None, record or head["record"]
    )
    batches = []
    while at < len(data):
        facts, at = _facts(data, at, path)
        sizes = memoryview(data[at : at + 4 * facts["count"]]).cast("I")
        records, at = [], at + 4 * facts["count"]
        for size in sizes:
            records.append(data[at : at + size])
            at += size
        if at > len(data):
            raise ObjectError(f"cannot load {path}", "it is cut off")
        batches.append(Batch.of(records, types, facts["lost"]))
    return batches, types


def _facts(data: bytes, at: int, path: str) -> tuple[dict[str, Any], int]:
    """Return a line of JSON and where the next byte is."""
    end = data.find(b"\n", at)
    with suppress(ValueError):
        facts = loads(data[at : end if end >= 0 else len(data)])
        if isinstance(facts, dict):
            return facts, end + 1
    raise ObjectError(f"cannot load {path}", "it is no recorded ring, or cut off")
