"""When to read the rings next: at once when idle, on a short timer when busy, never for nothing."""

from __future__ import annotations

import select
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["COALESCE", "Waiter"]

# While events come thick, read this often (seconds) rather than be woken for each: at most this
# late, and at a tenth of the cost (docs/decisions/0004-drain-on-a-timer.md).
COALESCE = 0.005


class Waiter:
    """
    Waits for one of some rings to hold something, or for a reason to end.

    Args:
        ring_fds: Readable while their ring holds records.
        stop_fd: Readable once one is to end.
        duration: Seconds after which to end, or None.
        hangup_fds: Their hang-up or error ends it too.
    """

    def __init__(
        self,
        ring_fds: Collection[int],
        stop_fd: int,
        duration: float | None,
        hangup_fds: Iterable[int],
    ) -> None:
        self._ring_fds = ring_fds
        self._deadline = None if duration is None else monotonic() + duration
        self._next_read = 0.0
        self._ends = select.poll()
        self._all = select.poll()
        for ring_fd in ring_fds:
            self._all.register(ring_fd, select.POLLIN)
        for poll in (self._ends, self._all):
            poll.register(stop_fd, select.POLLIN)
            for fd in hangup_fds:
                poll.register(fd, 0)

    def wait(self, hurry: bool = False, within: float | None = None) -> bool:
        """
        Block until the rings should be read (True) or all should end (False).

        Args:
            hurry: There may be more than was read last time: do not wait, neither for the timer
                nor for a perf buffer, which says but once that there is something.
            within: Seconds after which to read though nothing has come; None: that can wait.
        """
        remaining = None if self._deadline is None else self._deadline - monotonic()
        if remaining is not None and remaining <= 0:
            return False
        wait = min((one for one in (remaining, within) if one is not None), default=None)
        ready = self._all.poll(0 if hurry else None if wait is None else wait * 1000)
        if any(fd not in self._ring_fds for fd, _ in ready):
            return False
        if not (ready or hurry) and wait == remaining:
            return False
        early = min(self._next_read - monotonic(), COALESCE if within is None else within)
        if ready and early > 0 and not hurry and self._ends.poll(early * 1000):
            return False
        self._next_read = monotonic() + COALESCE
        return True
