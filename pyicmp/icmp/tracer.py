"""``Tracer``: opens, loads, attaches, reads; and lets everything go again at its end."""

from __future__ import annotations

import os
from mmap import PAGESIZE
from time import monotonic

from pyicmp.bpf.batch import Batch
from pyicmp.bpf.fork import closes_in_child
from pyicmp.bpf.records import RecordTypes
from pyicmp.errors import LifecycleError, UsageError
from pyicmp.icmp import shipped
from pyicmp.icmp.attachment import Attachment, attach
from pyicmp.icmp.decode import Decoder, EventBatch, Unread
from pyicmp.icmp.hooks import WAYS
from pyicmp.icmp.request import Request
from pyicmp.icmp.stats import Stats
from pyicmp.icmp.waiter import Waiter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from typing_extensions import Unpack

    from pyicmp import bpf
    from pyicmp.icmp.event import IcmpEvent
    from pyicmp.icmp.request import RequestArguments

__all__ = ["BUFFER_LEN", "Tracer"]

BUFFER_LEN = 8 << 20
BUFFER_LEN_MAX = 1 << 30
MAX_RECORDS = 4096
# After detaching, read on so long (seconds) for what the ring still holds.
LAST_READ = 0.05


class Tracer:
    """
    Traces the ICMP messages that come and go, in every network namespace of this host.

    Args:
        attach: ``kretprobe``, ``fexit``, ``tracepoint``, or ``auto``: the first that works.
        object: Path of another prebuilt object than the shipped one.
        btf: Path of the kernel's BTF, for kernels that offer none themselves.
        buffer: Ring buffer size, bytes; made up to a power of two, and to a page at least.
        **request: Which messages, and how much of them: ``types``, ``src``, ``dst``, ``pids`` and
            more, see ``Request``. Messages that are not asked for never leave the kernel.

    Attributes:
        buffer_len: The ring buffer's real size, bytes.
        plan: How it was attached and what failed before, once open: ``plan.explain()``.
        stop_fd: Readable once ``stop()`` was called; below zero after ``close()``.

    Raises:
        UsageError: An argument cannot be meant.

    A loop over it that ends early, by ``break`` or by an exception, leaves the rest to the next.

    Example:
        >>> import pyicmp
        >>> with pyicmp.Tracer(types=["errors"], dst=["10.0.0.0/8"]) as tracer:  # doctest: +SKIP
        ...     for event in tracer:
        ...         print(event.time, event.src, event.type_name)
        >>> async with pyicmp.Tracer() as tracer:  # doctest: +SKIP
        ...     async for event in tracer:
        ...         print(event.time, event.src, event.type_name)
    """

    def __init__(
        self,
        *,
        attach: str = "auto",
        object: str | os.PathLike[str] | None = None,  # noqa: A002 - the flag's name
        btf: str | os.PathLike[str] | None = None,
        buffer: int = BUFFER_LEN,
        **request: Unpack[RequestArguments],
    ) -> None:
        if attach != "auto" and attach not in WAYS:
            raise UsageError(
                f"no way to attach is called {attach}", f"there are auto, {', '.join(WAYS)}"
            )
        if not 0 < buffer <= BUFFER_LEN_MAX:
            raise UsageError(f"no buffer can be {buffer} bytes", "it takes 1 byte to 1 GiB")
        self._request = self._asked(request)
        if attach not in ("auto", *self._request.ways()):
            ways = ", ".join(self._request.ways())
            raise UsageError(f"a light run cannot attach by {attach}", "", f"there are {ways}")
        self.buffer_len = max(PAGESIZE, 1 << (buffer - 1).bit_length())
        self.plan: bpf.Plan[Attachment] | None = None
        self._way, self._object, self._btf = attach, object, btf
        self._stats = Stats()
        self._rejected = 0  # what only userspace could tell to be unwanted
        self._attachment: Attachment | None = None
        self._events = Unread()
        self.stop_fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        closes_in_child(self)

    def _asked(self, arguments: RequestArguments) -> Request:
        return Request(**arguments)

    def open(self) -> None:
        """
        Load and attach: from its return on, messages are recorded.

        Raises:
            NotPermitted, NotSupported: No way to attach worked; each is named.
            ObjectError: The object is missing, damaged, or not for this machine.
        """
        path = shipped.object_path() if self._object is None else os.fspath(self._object)
        sha256 = shipped.object_sha256() if self._object is None else None
        self.plan = attach(self._way, path, sha256, self._btf, self.buffer_len, self._request)
        self._attachment = self.plan.choose()

    @property
    def attachment(self) -> Attachment:
        """What is attached."""
        if self._attachment is None:
            raise LifecycleError("cannot trace", "the tracer is not open", "use it in a with block")
        return self._attachment

    @property
    def stats(self) -> Stats:
        """The ledger up to now; after ``close()``, that of the whole run."""
        if self._attachment is not None:
            self._count(self._attachment)
            self._stats.missed = self._attachment.missed
        return self._stats

    def _count(self, attachment: Attachment) -> None:
        stats = self._stats
        stats.seen, stats.filtered, stats.lost, stats.unreadable = attachment.counters()
        stats.filtered += self._rejected

    def stop(self) -> None:
        """End the iteration: from a signal handler, or from another thread."""
        if self.stop_fd >= 0:
            os.eventfd_write(self.stop_fd, 1)

    def __iter__(self) -> Iterator[IcmpEvent]:
        yield from self._events.rest()
        for batch in self.batches():
            self._events.batch = batch
            yield from self._events.rest()

    async def __aiter__(self) -> AsyncIterator[IcmpEvent]:
        for event in self._events.rest():
            yield event
        async for batch in self.abatches():
            self._events.batch = batch
            for event in self._events.rest():
                yield event

    def batches(
        self,
        duration: float | None = None,
        hangup_fds: Iterable[int] = (),
        max_records: int = MAX_RECORDS,
    ) -> Iterator[EventBatch]:
        """
        Yield what has come: at once when idle, at most 5 ms late when busy.

        Args:
            duration: Seconds after which to end; None goes on until ``stop()``.
            hangup_fds: Descriptors whose hang-up or error ends it too: outputs that may go.
            max_records: Bound of one batch. ``stop()`` is heeded between two of them.
        """
        decoder = self._decoder()
        waiter = Waiter(self.attachment.ring.fileno(), self.stop_fd, duration, hangup_fds)
        full = False
        while waiter.wait(hurry=full):
            batch = self._read(decoder, max_records)
            full = batch.records.count >= max_records
            if batch.records.count:
                yield batch
        yield from self._last(decoder, max_records)

    async def abatches(self, duration: float | None = None) -> AsyncIterator[EventBatch]:
        """
        Do as ``batches()`` does, in an asyncio task.

        Args:
            duration: Seconds after which to end; None goes on until ``stop()``.

        Example:
            >>> async for batch in tracer.abatches():  # doctest: +SKIP
            ...     print(batch.numpy()["ttl"].min())
        """
        from pyicmp.icmp.async_waiter import AsyncWaiter  # imports asyncio

        decoder = self._decoder()
        waiter = AsyncWaiter(self.attachment.ring, self.stop_fd, duration)
        full = False
        while await waiter.wait(hurry=full):
            batch = self._read(decoder, MAX_RECORDS)
            full = batch.records.count >= MAX_RECORDS
            if batch.records.count:
                yield batch
        for batch in self._last(decoder, MAX_RECORDS):
            yield batch

    def _decoder(self) -> Decoder:
        attachment = self.attachment
        hooks = [function for function, _ in attachment.hooks]
        return Decoder(attachment.layout, hooks, attachment.sockets)

    def _last(self, decoder: Decoder, max_records: int) -> Iterator[EventBatch]:
        """Detach, and yield what the ring still holds."""
        self.attachment.detach()
        give_up = monotonic() + LAST_READ
        while batch := self._read(decoder, max_records):
            yield batch
            if monotonic() > give_up:
                break

    def _read(self, decoder: Decoder, max_records: int) -> EventBatch:
        attachment, lost, records = self.attachment, self._stats.lost, None
        try:
            records = attachment.ring.read(timeout=0, max_records=max_records)
            wanted = self._wanted(decoder, records)
            self._rejected += records.count - wanted.count
            self._count(attachment)
            batch = decoder.decode(wanted, self._stats.lost - lost)
            self._stats.emitted += wanted.count
            return batch
        except BaseException:  # a signal handler's: nobody has got these records
            if records is not None and records.count:
                attachment.ring.put_back(records)
            raise

    def _wanted(self, decoder: Decoder, records: Batch) -> Batch:
        """Return the records without errors of processes that were not asked for."""
        if not self._request.by_owner or not records.count:
            return records
        events = decoder.decode(records)
        pairs = zip(records.raw(), events, strict=True)
        attachment = self.attachment
        kept = [bytes(raw) for raw, event in pairs if self._request.wants(event, attachment.tree)]
        return Batch.of(kept, RecordTypes(record=attachment.layout))

    def close(self) -> None:
        """Detach and free everything; a second call does nothing."""
        if self._attachment is not None:
            self._attachment.detach()
            self._stats = self.stats
            self._attachment.close()
            self._attachment = None
        stop_fd, self.stop_fd = self.stop_fd, -1
        if stop_fd >= 0:
            os.close(stop_fd)

    def __enter__(self) -> Tracer:
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Tracer:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def after_fork(self) -> None:
        """In a child: what it has is the parent's, and stop() must not stop that."""
        stop_fd, self.stop_fd = self.stop_fd, -1
        attachment, self._attachment = self._attachment, None
        if attachment is not None:
            attachment.after_fork()
        if stop_fd >= 0:
            os.close(stop_fd)
