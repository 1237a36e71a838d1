"""A tracer that traces nothing."""

from __future__ import annotations

from pyicmp.bpf.batch import Batch
from pyicmp.bpf.records import RecordTypes
from pyicmp.icmp.decode import EventBatch
from pyicmp.icmp.event import RECORD_FIELDS
from pyicmp.icmp.stats import Stats
from pyicmp.icmp.unread import Unread
from pyicmp.testing.events import decoder, event_layout, packed_event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from pyicmp.icmp.event import IcmpEvent

__all__ = ["FakeTracer"]


class FakeTracer:
    """
    Stands for a ``Tracer`` in a test: the same loops, over events that are given.

    Args:
        events: Made by ``make_event()``.

    Attributes:
        stats: Its ledger, which counts these events.

    Example:
        >>> from pyicmp.testing import make_event
        >>> with FakeTracer([make_event(src="192.0.2.7")]) as tracer:
        ...     [event.src for event in tracer]
        ['192.0.2.7']
    """

    def __init__(self, events: Iterable[IcmpEvent]) -> None:
        self._events = list(events)
        self._unread, self._stopped = Unread["IcmpEvent"](), False
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
        layout = event_layout()
        rows = [
            packed_event(layout, dict(zip(RECORD_FIELDS, event, strict=False))) for event in events
        ]
        offset = events[0].ts_ns - events[0].boot_ns
        records = Batch.of(rows, RecordTypes(record=layout))
        super().__init__(decoder(), records, offset, 0, {})
        self._given = events

    def __iter__(self) -> Iterator[IcmpEvent]:
        return iter(self._given)
