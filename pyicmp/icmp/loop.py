"""``Loop``: reads the rings of a view as records come, and hands on what is made of them."""

from __future__ import annotations

from time import monotonic

from pyicmp.bpf.generic import Generic
from pyicmp.icmp.stats import Stats
from pyicmp.icmp.unread import Unread
from pyicmp.icmp.waiter import Waiter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sized
    from typing import Any, Protocol, TypeVar

    from pyicmp.bpf.batch import Batch
    from pyicmp.icmp.attachment import Attachment

    Seen = TypeVar("Seen")

    class Counted(Sized, Iterable[Any], Protocol):
        """What was seen at once: it can be counted, and iterated over more than once."""

    Some = TypeVar("Some", bound=Counted)
else:
    Seen = Some = None

__all__ = ["MAX_RECORDS", "Loop", "Seen", "Some"]

MAX_RECORDS = 4096
# After detaching, read on so long (seconds) for what the rings still hold.
LAST_READ = 0.05


class Loop(Generic[Seen, Some]):
    """
    What a view does once it is open; how it is opened is in ``View``.

    Attributes:
        stop_fd: Readable once it is to end.
        behind: Whether the rings hold more than was read last.
    """

    stop_fd: int

    def __init__(self) -> None:
        self._stats = Stats()
        self._rejected = 0  # what only userspace could tell to be unwanted
        self._unread = Unread["Any"]()
        self.behind = False

    @property
    def attachment(self) -> Attachment:
        """What is attached."""
        raise NotImplementedError

    def decode(self, read: dict[str, Batch], lost: int) -> Some:
        """
        Make of records what the view yields.

        Whatever raises here, also a signal handler, has the same records come again: what the
        view remembers of them, it is to remember last.

        Args:
            read: What was read at once, by ring.
            lost: Records of the first ring that were lost since this was last called.
        """
        raise NotImplementedError

    def account(self, records: Batch, some: Some) -> None:
        """Enter into the ledger what became of the first ring's *records*."""
        self._stats.emitted += len(some)
        self._rejected += len(records) - len(some)

    def due(self) -> float | None:
        """Return the seconds after which to go on though nothing comes; None: that can wait."""
        return None

    def rest(self) -> Some | None:
        """Return what was held back, at the end: nothing more comes."""
        return None

    def _count(self, attachment: Attachment) -> None:
        stats = self._stats
        stats.seen, stats.filtered, stats.lost, stats.unreadable = attachment.counters()
        stats.filtered += self._rejected

    def __iter__(self) -> Iterator[Seen]:
        yield from self._unread.rest()
        for some in self.batches():
            self._unread.batch = some
            yield from self._unread.rest()

    async def __aiter__(self) -> AsyncIterator[Seen]:
        for one in self._unread.rest():
            yield one
        async for some in self.abatches():
            self._unread.batch = some
            for one in self._unread.rest():
                yield one

    def batches(
        self,
        duration: float | None = None,
        hangup_fds: Iterable[int] = (),
        max_records: int = MAX_RECORDS,
    ) -> Iterator[Some]:
        """
        Yield what has come: at once when idle, at most 5 ms late when busy.

        Args:
            duration: Seconds after which to end; None goes on until ``stop()``.
            hangup_fds: Descriptors whose hang-up or error ends it too: outputs that may go.
            max_records: Bound of one batch. ``stop()`` is heeded between two of them.
        """
        rings = [ring.fileno() for ring in self.attachment.rings.values()]
        waiter = Waiter(rings, self.stop_fd, duration, hangup_fds)
        hurry = False
        while waiter.wait(hurry, self.due()):
            some, _ = self._read(max_records)
            hurry = self._hurry(some)
            if len(some):
                yield some
        yield from self._last(max_records)

    async def abatches(self, duration: float | None = None) -> AsyncIterator[Some]:
        """
        Do as ``batches()`` does, in an asyncio task.

        Args:
            duration: Seconds after which to end; None goes on until ``stop()``.

        Example:
            >>> async for batch in tracer.abatches():  # doctest: +SKIP
            ...     print(batch.numpy()["ttl"].min())
        """
        from pyicmp.icmp.async_waiter import AsyncWaiter  # imports asyncio

        waiter = AsyncWaiter(self.attachment.rings.values(), self.stop_fd, duration)
        hurry = False
        while await waiter.wait(hurry, self.due()):
            some, _ = self._read(MAX_RECORDS)
            hurry = self._hurry(some)
            if len(some):
                yield some
        for some in self._last(MAX_RECORDS):
            yield some

    def _last(self, max_records: int) -> Iterator[Some]:
        """Detach, and yield what the rings still hold."""
        self.attachment.detach()
        give_up, count = monotonic() + LAST_READ, 1
        while count and monotonic() <= give_up:
            some, count = self._read(max_records)
            if len(some):
                yield some
        rest = self.rest()
        if rest is not None and len(rest):
            yield rest

    def _hurry(self, some: Some) -> bool:
        """Tell whether to read on at once: there is more, or what has come waits for more."""
        return self.behind or (not len(some) and self.due() is not None)

    def _read(self, max_records: int) -> tuple[Some, int]:
        """Return what has come, and how many records that were: of the ring with most."""
        attachment, lost, read = self.attachment, self._stats.lost, dict[str, "Batch"]()
        try:
            for name, ring in attachment.rings.items():
                read[name] = ring.read(timeout=0, max_records=max_records)
            count = max(map(len, read.values()))
            self.behind = count >= max_records
            self._count(attachment)
            some = self.decode(read, self._stats.lost - lost)
            self.account(next(iter(read.values())), some)
            return some, count
        except BaseException:  # a signal handler's: nobody has got these records
            for name, records in read.items():
                if records.count:
                    attachment.rings[name].put_back(records)
            raise
