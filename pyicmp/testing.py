"""
Tests code that uses pyicmp, without root, without a kernel's help, and without libbpf.

- ``make_event()`` makes an event out of the fields that matter to a test.
- ``FakeTracer`` stands for a ``Tracer`` and gives such events.
- ``FakeRing`` stands for a ring: of records that a test makes, or that ``record()`` has saved.

Bytes are made and read by the layouts in the object's BTF, as the real ones are.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from ipaddress import ip_address
from json import dumps, loads
from time import monotonic, time_ns

from pyicmp.bpf.batch import Batch
from pyicmp.bpf.btf.layout import Layout
from pyicmp.bpf.btf.reader import Btf
from pyicmp.bpf.reader import MAX_RECORDS, Reader
from pyicmp.bpf.records import RecordTypes
from pyicmp.errors import ObjectError, UsageError
from pyicmp.icmp.decode import Decoder, EventBatch, Unread
from pyicmp.icmp.stats import Stats
from pyicmp.icmp.types import QUERIES, code_name, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from typing import Any

    from pyicmp.bpf.records import ByField, Rule
    from pyicmp.icmp.event import IcmpEvent

__all__ = ["FakeRing", "FakeTracer", "make_event", "record"]

FORMAT = "pyicmp-ring-1"
AF_INET, ICMP = 2, 1


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
            types = self._batches[0]._types
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
            batch = Batch.of(chosen, whole._types, 0 if done else whole.lost)
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


class FakeTracer:
    """
    Stands for a ``Tracer`` in a test: the same loops, over events that are given.

    Args:
        events: Made by ``make_event()``.

    Attributes:
        stats: Its ledger, which counts these events.

    Example:
        >>> with FakeTracer([make_event(src="192.0.2.7")]) as tracer:
        ...     [event.src for event in tracer]
        ['192.0.2.7']
    """

    def __init__(self, events: Iterable[IcmpEvent]) -> None:
        self._events = list(events)
        self._unread, self._stopped = Unread(), False
        self.stats = Stats()
        self.stats.seen = len(self._events)

    def __iter__(self) -> Iterator[IcmpEvent]:
        yield from self._unread.rest()
        for batch in self.batches():
            self._unread.batch = batch
            yield from self._unread.rest()

    async def __aiter__(self) -> AsyncIterator[IcmpEvent]:
        for event in self:
            yield event

    def batches(
        self, duration: float | None = None, hangup_fds: Iterable[int] = ()
    ) -> Iterator[EventBatch]:
        """Yield all that are left, as one batch."""
        events, self._events = self._events, []
        if events and not self._stopped:
            self.stats.emitted += len(events)
            yield _FakeBatch(events)

    async def abatches(self, duration: float | None = None) -> AsyncIterator[EventBatch]:
        """Yield all that are left, as one batch."""
        for batch in self.batches(duration):
            yield batch

    def stop(self) -> None:
        """End the iteration."""
        self._stopped = True

    def open(self) -> None:
        """Do nothing: there is nothing to attach."""

    def close(self) -> None:
        """Do nothing: there is nothing to free."""

    def __enter__(self) -> FakeTracer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> FakeTracer:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


class _FakeBatch(EventBatch):
    """Events as they were given: they come from no single ring."""

    __slots__ = ("_given",)

    def __init__(self, events: list[IcmpEvent]) -> None:
        layout = _event_layout()
        rows = [_packed(layout, dict(zip(_fields(), event, strict=False))) for event in events]
        offset = events[0].ts_ns - events[0].boot_ns
        records = Batch.of(rows, RecordTypes(record=layout))
        super().__init__(_decoder("", ""), records, offset, 0)
        self._given = events

    def __iter__(self) -> Iterator[IcmpEvent]:
        return iter(self._given)


def make_event(
    src: str = "192.0.2.1",
    dst: str = "192.0.2.2",
    type: int | str = "echo-request",  # noqa: A002 - the event's own name for it
    code: int | str = 0,
    *,
    id: int = 0,  # noqa: A002 - likewise
    seq: int = 0,
    mtu: int = 0,
    gateway: str = "0.0.0.0",  # noqa: S104 - an ICMP field, nothing is bound to it
    ts_ns: int | None = None,
    hook: str = "fake",
    direction: str = "in",
    lost_before: int = 0,
    **fields: object,
) -> IcmpEvent:
    """
    Return an event with these fields; those not given have plausible values.

    Args:
        src: Source address, as text.
        dst: Destination address, as text.
        type: ICMP type, as number or by name.
        code: ICMP code, as number or by name.
        id: Identifier, of a query.
        seq: Sequence number, of a query.
        mtu: Next-hop MTU, bytes, of an unreachable message.
        gateway: Address, of a redirect.
        ts_ns: Wall-clock time, Unix, ns; None takes now.
        hook: Where it was seen.
        direction: ``in`` or ``out``.
        lost_before: Records lost before it.
        **fields: Other members of ``struct icmp_event``, by their names in C: ``ttl``,
            ``ifname``, ``header="ICMP_HEADER_FRAGMENT"`` …

    Raises:
        UsageError: A value that its field cannot hold, or a name that means nothing.
        LayoutError: There is no such field.

    Example:
        >>> event = make_event(type="unreachable", code="port", src="192.0.2.9", ttl=3)
        >>> event.type, event.code_name, event.src, event.ttl
        (3, 'port', '192.0.2.9', 3)
    """
    number = _number(type, type_name, f"type {type}")
    code = _number(code, lambda one: code_name(number, one), f"code {code} of type {number}")
    rest = mtu or int(ip_address(gateway))
    if number in QUERIES:
        rest = id << 16 | seq
    now = time_ns() if ts_ns is None else ts_ns
    plausible = {"boot_ns": 1_000_000_000, "ifname": b"eth0", "ifindex": 2, "ttl": 64}
    plausible |= {"ip_len": 84, "icmp_len": 64, "protocol": ICMP, "family": AF_INET}
    made = {"src": src, "dst": dst, "type": number, "code": code, "rest": rest}
    layout = _event_layout()
    values = {**plausible, **made, **fields}
    record = Batch.of([_packed(layout, values)], RecordTypes(record=layout))
    offset = now - int(str(values["boot_ns"]))
    return next(iter(EventBatch(_decoder(hook, direction), record, offset, lost_before)))


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


@cache
def _event_layout() -> Layout:
    """Return the layout of ``struct icmp_event`` in the object that is shipped."""
    from pyicmp.bpf.spec.spec import Spec
    from pyicmp.icmp.shipped import object_path

    return Spec.from_file(object_path()).layout("icmp_event")


def _fields() -> tuple[str, ...]:
    from pyicmp.icmp.event import RECORD_FIELDS

    return RECORD_FIELDS


@cache
def _decoder(hook: str, direction: str) -> Decoder:
    return Decoder(_event_layout(), hook, direction)


def _packed(layout: Layout, values: dict[str, object]) -> bytes:
    for name in ("src", "dst"):
        if isinstance(address := values[name], str):
            values[name] = ip_address(address).packed.ljust(16, b"\0")
    return layout.pack(values)


def _number(given: int | str, name_of: Any, what: str) -> int:
    """Return a type's or code's number, given that or its name."""
    if isinstance(given, int):
        return given
    for number in range(256):
        if name_of(number) == given:
            return number
    raise UsageError(f"there is no ICMP {what}")
