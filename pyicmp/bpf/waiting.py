"""Waits in an asyncio task: imported by what is asynchronous alone, since asyncio takes 30 ms."""

from __future__ import annotations

import asyncio
import select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["readable"]


async def readable(fds: Iterable[int], timeout: float | None = None) -> bool:
    """
    Wait until one of some descriptors is readable; any number of tasks may wait for the same.

    Args:
        fds: Descriptors, which must stay open meanwhile.
        timeout: Seconds to wait, or None.

    Returns:
        False if the time ran out.
    """
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[bool] = loop.create_future()

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
