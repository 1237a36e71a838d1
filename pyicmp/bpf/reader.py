"""
What reading a ring buffer, a perf buffer and a recorded ring have in common.

What happens when:

- A signal handler raises (Ctrl-C): the exception reaches the caller; no record is lost or comes
  twice, whether read() was waiting or reading. (Before Python 3.11 that holds for loops; in
  ``batch = reader.read()`` an exception may come between the return and the assignment.)
- A handler does not raise: the wait goes on (PEP 475).
- An asyncio task is cancelled while it waits: nothing was read yet.
- Threads: any number may read; each record goes to one of them.
- ``close()`` while others wait or read: they get a LifecycleError.
- ``fork()``: in the child it is closed; the parent's is not touched.
"""

from __future__ import annotations

import os
import select
from _thread import RLock
from time import monotonic

from pyicmp.bpf import fork
from pyicmp.errors import LifecycleError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeVar

    from pyicmp.bpf.batch import Batch
    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.bpf.records import RecordTypes

    Self = TypeVar("Self", bound="Reader")

__all__ = ["MAX_RECORDS", "Reader"]

MAX_RECORDS = 4096
# How long to wait (seconds) for a record that a program has reserved and not yet submitted.
BUSY = 0.0005


class Reader:
    """
    Reads batches of records; subclasses know from where.

    Iterated over, plainly or with ``async for``, it gives batches as they come, without end.

    Attributes:
        name: The map's name.
        types: What the records are.
    """

    def __init__(self, name: str, types: RecordTypes, lost: Callable[[], int] | None) -> None:
        self.name, self.types = name, types
        self._lost, self._lost_before = lost, lost() if lost else 0
        self._kept: Batch | None = None
        self._rest: tuple[Batch, int] | None = None
        self._lock, self._taking = RLock(), False
        self._waiting: set[object] = set()  # who needs the descriptors
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._closed, self._freed = "", False
        fork.closes_in_child(self)

    # What a subclass does, called with the lock held.

    def _take(self, max_records: int) -> Batch:
        """
        Return what is there.

        Nothing may be called between what tells the kernel that it was read and the return:
        that is where a signal's exception could come between.
        """
        raise NotImplementedError

    def _free(self) -> None:
        """Give back memory and descriptors; called once."""

    def _fd(self) -> int:
        raise NotImplementedError

    def has_kept(self) -> bool:
        """Tell whether there is something to read that the descriptor does not tell of."""
        return self._kept is not None

    @property
    def layout(self) -> Layout | None:
        """The records' type, if they are all of one."""
        return self.types.layout

    @property
    def closed(self) -> bool:
        """Whether it can be read no more."""
        return bool(self._closed)

    def fileno(self) -> int:
        """Return a descriptor that polls as readable while there are records."""
        self._require_open()
        return self._fd()

    def read(self, timeout: float | None = None, max_records: int = MAX_RECORDS) -> Batch:
        """
        Return the records that are there, waiting for the first if there is none.

        Args:
            timeout: Seconds to wait; None waits without end, 0 not at all.
            max_records: Bound of one batch: what is left stays where it is.

        Returns:
            A batch; empty if the time ran out, or if there were only losses to tell of.

        Raises:
            LifecycleError: It is closed, or was closed meanwhile.
            UsageError: *max_records* is less than 1.

        Example:
            >>> batch = ring.read(timeout=1.0)  # doctest: +SKIP
        """
        give_up = None if timeout is None else monotonic() + timeout
        while True:
            batch = self._take_locked(max_records)
            if batch.count or batch.lost or timeout == 0:
                return batch
            left = None if give_up is None else give_up - monotonic()
            if left is not None and left <= 0:
                return batch
            self._wait(left)

    async def aread(self, timeout: float | None = None, max_records: int = MAX_RECORDS) -> Batch:
        """
        Do as ``read()`` does, in an asyncio task: others run while this one waits.

        Example:
            >>> batch = await ring.aread(timeout=1.0)  # doctest: +SKIP
        """
        from pyicmp.bpf.waiting import readable  # not needed by who never waits so

        give_up = None if timeout is None else monotonic() + timeout
        while True:
            batch = self._take_locked(max_records)
            if batch.count or batch.lost or timeout == 0:
                return batch
            left = None if give_up is None else give_up - monotonic()
            if left is not None and left <= 0:
                return batch
            with _Waiting(self) as fds:
                await readable(*self._what_for(fds, left))

    def put_back(self, batch: Batch) -> None:
        """Let the next read return *batch*: for who could not hand it on."""
        self._kept = batch

    def _take_locked(self, max_records: int) -> Batch:
        if max_records < 1:
            raise UsageError(f"cannot read {max_records} records", "a batch has at least 1")
        batch = None
        try:
            with self._lock:
                self._require_open()
                if self._taking:  # the lock is ours, so it is this very thread
                    raise LifecycleError(
                        f"cannot read {self.name}",
                        "a signal handler interrupted its own thread's reading",
                        "read it elsewhere",
                    )
                self._taking = True
                try:
                    batch = self._kept if self._kept is not None else self._take(max_records)
                    self._kept = None
                finally:
                    self._taking = False
            if self._closed:
                self._let_go()
            return batch
        except BaseException:
            if batch is not None and (batch.count or batch.lost):
                self._kept = batch  # it has left the ring, and the caller did not get it
            if self._closed:
                self._let_go()
            raise

    def _count_lost(self) -> int:
        """Return how many records the program could not write since this was last called."""
        if not self._lost:
            return 0
        before, self._lost_before = self._lost_before, self._lost()
        return self._lost_before - before

    def _busy(self) -> bool:
        """Tell whether the descriptor says readable though a record is still being written."""
        return False

    def _what_for(self, fds: list[int], seconds: float | None) -> tuple[list[int], float | None]:
        """Return what to wait for, and how long at most."""
        if self._busy():
            return fds[1:], BUSY if seconds is None else min(seconds, BUSY)
        return fds, seconds

    def _wait(self, seconds: float | None) -> None:
        with _Waiting(self) as fds:
            fds, seconds = self._what_for(fds, seconds)
            poll = select.poll()  # one for each wait: threads cannot share it
            for fd in fds:
                poll.register(fd, select.POLLIN)
            poll.poll(None if seconds is None else seconds * 1000)

    def waiting(self) -> _Waiting:
        """
        Return a context manager that gives descriptors to wait for, and keeps them open.

        One polls as readable when there are records, or when the reader is closed.
        """
        return _Waiting(self)

    def _require_open(self) -> None:
        if self._closed:
            raise LifecycleError(f"cannot read {self.name}", self._closed, "open it again")

    def close(self) -> None:
        """
        Let it go; a second call does nothing.

        Other threads and tasks that wait get a LifecycleError; the last of them frees it.
        """
        closer = object()
        self._waiting.add(closer)  # nobody frees it meanwhile
        if not self._closed:
            self._closed = "it is closed"
            os.eventfd_write(self._wake, 1)
        self._waiting.discard(closer)
        self._let_go()

    def _let_go(self) -> None:
        """Free it if nobody else is in it: whoever leaves last comes here after us."""
        if self._lock.acquire(blocking=False):
            try:
                if not (self._freed or self._taking or self._waiting):
                    self._freed = True
                    self._free()
                    os.close(self._wake)
            finally:
                self._lock.release()

    def after_fork(self) -> None:
        """Let it go, in a child: nobody else is here, whoever held the lock."""
        self._lock = RLock()
        if not self._freed:
            self._closed, self._freed = fork.CHILD, True
            self._free()
            os.close(self._wake)

    def __iter__(self: Self) -> Self:
        return self

    def __next__(self) -> Batch:
        return self.read()

    def __aiter__(self: Self) -> Self:
        return self

    async def __anext__(self) -> Batch:
        return await self.aread()

    def records(self) -> Iterator[Any]:
        """
        Yield record after record, without end.

        A loop that ends early leaves the rest of its batch to the next call.

        Example:
            >>> for record in ring.records():  # doctest: +SKIP
            ...     print(record.pid)
        """
        while True:
            batch, done = self._rest or (None, 0)
            self._rest = None
            try:
                if batch is None:
                    batch = self.read()
                for record in batch.since(done):
                    done += 1
                    yield record
            except BaseException:
                self._rest = (batch, done) if batch is not None else None
                raise

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        name = self.layout.name if self.layout else "records"
        return f"<{type(self).__name__} {self.name} of {name}{', closed' * self.closed}>"


class _Waiting:
    """Keeps a reader's descriptors open while one waits for them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __enter__(self) -> list[int]:
        reader = self._reader
        try:
            reader._waiting.add(self)  # before the question, as close() asks the other way round
            reader._require_open()
            return [reader._fd(), reader._wake]
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        self._reader._waiting.discard(self)
        if self._reader._closed:
            self._reader._let_go()
