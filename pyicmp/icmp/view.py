"""``View``: opens, loads, attaches, reads, and lets everything go again: what live views share."""

from __future__ import annotations

import os
from mmap import PAGESIZE
from time import monotonic

from pyicmp.bpf.fork import closes_in_child
from pyicmp.bpf.generic import Generic
from pyicmp.errors import LifecycleError, UsageError
from pyicmp.icmp import shipped
from pyicmp.icmp.attachment import Attachment, attach
from pyicmp.icmp.hooks import WAYS
from pyicmp.icmp.stats import Stats
from pyicmp.icmp.transport import Transport
from pyicmp.icmp.unread import Unread
from pyicmp.icmp.waiter import Waiter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sized
    from typing import Any, Protocol, TypedDict, TypeVar

    from pyicmp import bpf
    from pyicmp.bpf.batch import Batch
    from pyicmp.icmp.request import Request

    Path = str | os.PathLike[str]
    Seen = TypeVar("Seen")
    Self = TypeVar("Self", bound="View[Any, Any]")

    class Counted(Sized, Iterable[Any], Protocol):
        """What was seen at once: it can be counted, and iterated over more than once."""

    Some = TypeVar("Some", bound=Counted)

    class ViewArguments(TypedDict, total=False):
        """The arguments of ``View`` beside the request, for those who hand them on."""

        object: Path | None
        btf: Path | None
        buffer: int

else:
    Seen = Some = None

__all__ = ["BUFFER_LEN", "MAX_RECORDS", "View"]

BUFFER_LEN = 8 << 20
BUFFER_LEN_MAX = 1 << 30
MAX_RECORDS = 4096
# After detaching, read on so long (seconds) for what the rings still hold.
LAST_READ = 0.05


class View(Generic[Seen, Some]):
    """
    A live view of this host: records of the rings that a request names, and what is made of them.

    A view is a subclass with ``decode``; its request says which hooks and which rings it takes.

    Args:
        request: What is asked for.
        attach: One of the request's ways to attach, or ``auto``: the first that works.
        object: Path of another prebuilt object than the shipped one.
        btf: Path of the kernel's BTF, for kernels that offer none themselves.
        buffer: Size of each ring buffer, bytes; made up to a power of two, and to a page at least.

    Attributes:
        request: What is asked for.
        behind: Whether the rings hold more than was read last.
        buffer_len: The ring buffers' real size, bytes.
        plan: How it was attached and what failed before, once open: ``plan.explain()``.
        stop_fd: Readable once ``stop()`` was called; below zero after ``close()``.

    Raises:
        UsageError: An argument cannot be meant.

    A loop over it that ends early, by ``break`` or by an exception, leaves the rest to the next.
    """

    def __init__(
        self,
        request: Request,
        *,
        attach: str = "auto",
        object: Path | None = None,  # noqa: A002 - the flag's name
        btf: Path | None = None,
        buffer: int = BUFFER_LEN,
    ) -> None:
        if attach != "auto" and attach not in WAYS:
            raise UsageError(
                f"no way to attach is called {attach}", f"there are auto, {', '.join(WAYS)}"
            )
        if not 0 < buffer <= BUFFER_LEN_MAX:
            raise UsageError(f"no buffer can be {buffer} bytes", "it takes 1 byte to 1 GiB")
        if attach not in ("auto", *request.ways()):
            ways = ", ".join(request.ways())
            raise UsageError(f"cannot {request.purpose} by {attach}", "", f"there are {ways}")
        self.request = request
        self.buffer_len = max(PAGESIZE, 1 << (buffer - 1).bit_length())
        self.plan: bpf.Plan[Attachment] | None = None
        self._transport: Transport | None = None
        self._way, self._object, self._btf = attach, object, btf
        self._stats = Stats()
        self._rejected = 0  # what only userspace could tell to be unwanted
        self._attachment: Attachment | None = None
        self.behind = False
        self._unread = Unread["Any"]()
        self.stop_fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        closes_in_child(self)

    def begin(self, attachment: Attachment) -> None:
        """Get ready to decode what comes from here: called once all is attached."""

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

    def unseen(self) -> list[str]:
        """Return what cannot be seen on this kernel: a line for each cause."""
        return [
            f"without {hook.name}, not seen is {hook.loses}: {error.why}"
            for hook, error in self.attachment.missing
            if hook.loses
        ]

    def open(self) -> None:
        """
        Load and attach: from its return on, what comes is recorded.

        Raises:
            NotPermitted, NotSupported: No way to attach worked; each is named.
            ObjectError: The object is missing, damaged, or not for this machine.
        """
        path = shipped.object_path() if self._object is None else os.fspath(self._object)
        sha256 = shipped.object_sha256() if self._object is None else None
        self._transport = Transport(self.buffer_len)
        self.plan = attach(self._way, path, sha256, self._btf, self._transport, self.request)
        self._attachment = self.plan.choose()
        self.begin(self._attachment)

    @property
    def attachment(self) -> Attachment:
        """What is attached."""
        if self._attachment is None:
            raise self._not_open()
        return self._attachment

    @property
    def transport(self) -> Transport:
        """What the records come through; after ``close()``, what they came through."""
        if self._transport is None:
            raise self._not_open()
        return self._transport

    def _not_open(self) -> LifecycleError:
        what = f"cannot {self.request.purpose}"
        return LifecycleError(what, "it is not open", "use it in a with block")

    @property
    def stats(self) -> Stats:
        """The first ring's ledger up to now; after ``close()``, that of the whole run."""
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

    def __enter__(self: Self) -> Self:
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self: Self) -> Self:
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
