"""When to read the rings next, in an asyncio task: as ``waiter`` does, but others run meanwhile."""

from __future__ import annotations

import asyncio
import select
from contextlib import ExitStack
from time import monotonic

from pyicmp.bpf.waiting import readable
from pyicmp.icmp.waiter import COALESCE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyicmp.bpf.reader import Reader

__all__ = ["AsyncWaiter"]


class AsyncWaiter:
    """
    Waits for one of some rings to hold something, or for a reason to end.

    Args:
        rings: What is read; to close one ends the wait.
        stop_fd: Readable once one is to end.
        duration: Seconds after which to end, or None.
    """

    def __init__(self, rings: Iterable[Reader], stop_fd: int, duration: float | None) -> None:
        self._rings, self._stop_fd = rings, stop_fd
        self._deadline = None if duration is None else monotonic() + duration
        self._next_read = 0.0
        self._stop = select.poll()
        self._stop.register(stop_fd, select.POLLIN)

    async def wait(self, hurry: bool = False, within: float | None = None) -> bool:
        """
        Wait until the rings should be read (True) or all should end (False).

        Args:
            hurry: There may be more than was read last time: do not wait.
            within: Seconds after which to read though nothing has come; None: that can wait.
        """
        remaining = None if self._deadline is None else self._deadline - monotonic()
        if remaining is not None and remaining <= 0:
            return False
        wait = min((one for one in (remaining, within) if one is not None), default=None)
        with ExitStack() as stack:
            fds = [fd for ring in self._rings for fd in stack.enter_context(ring.waiting())]
            ready = await readable([*fds, self._stop_fd], 0 if hurry else wait)
        if not (ready or hurry) and wait == remaining:
            return False
        early = min(self._next_read - monotonic(), COALESCE if within is None else within)
        if ready and early > 0 and not hurry:
            await asyncio.sleep(early)
        self._next_read = monotonic() + COALESCE
        return not self._stop.poll(0)
