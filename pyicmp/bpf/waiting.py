"""Waits for any of several readers; and, in an asyncio task, for any of several descriptors."""

from __future__ import annotations

import select
from contextlib import ExitStack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Iterable

    from pyicmp.bpf.reader import Reader

__all__ = ["readable", "wait"]


def wait(readers: Iterable[Reader], timeout: float | None = None) -> list[Reader]:
    """
    Wait for any of several readers.

    It reads nothing, so nothing can be lost between it and ``read(timeout=0)``.

    Args:
        readers: Rings and perf buffers.
        timeout: Seconds to wait; None waits without end, 0 not at all.

    Returns:
        Those that have something to read; none if the time ran out. A perf buffer may be
        among them once more after all of it was read: so read with ``timeout=0``.

    Raises:
        LifecycleError: One is closed, or was closed meanwhile.

    Example:
        >>> for reader in bpf.wait([opens, exits], timeout=1.0):  # doctest: +SKIP
        ...     print(reader.name, len(reader.read(timeout=0)))
    """
    readers = list(readers)
    with ExitStack() as stack:
        fds = [stack.enter_context(reader.waiting()) for reader in readers]
        ready = [reader for reader in readers if reader.has_kept()]
        if ready:
            return ready
        poll = select.poll()
        for fd in (fd for pair in fds for fd in pair):
            poll.register(fd, select.POLLIN)
        found = {fd for fd, _ in poll.poll(None if timeout is None else timeout * 1000)}
        for reader in readers:
            reader.fileno()  # raises if it was closed
        return [reader for reader, (fd, _) in zip(readers, fds, strict=True) if fd in found]


async def readable(fds: Iterable[int], timeout: float | None = None) -> bool:
    """
    Wait until one of some descriptors is readable; any number of tasks may wait for the same.

    Args:
        fds: Descriptors, which must stay open meanwhile.
        timeout: Seconds to wait, or None.

    Returns:
        False if the time ran out.
    """
    from asyncio import get_running_loop  # takes 30 ms: only where there is a loop already

    loop = get_running_loop()
    ready: Future[bool] = loop.create_future()

    def resolve(result: bool) -> None:
        if not ready.done():
            ready.set_result(result)

    # A descriptor of our own: a loop knows one callback for each descriptor.
    with select.epoll() as poll:
        for fd in fds:
            poll.register(fd, select.EPOLLIN)
        loop.add_reader(poll.fileno(), resolve, True)
        timer = loop.call_later(timeout, resolve, False) if timeout is not None else None
        try:
            return await ready
        finally:
            loop.remove_reader(poll.fileno())
            if timer:
                timer.cancel()
