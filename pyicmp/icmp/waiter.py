"""When to read the rings next: at once when idle, on a short timer when busy, never for nothing."""

from __future__ import annotations

import select
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["COALESCE", "Waiter", "shortest"]

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
        every: Seconds after which they should be read anyway, or None.
    """

    def __init__(
        self,
        ring_fds: Collection[int],
        stop_fd: int,
        duration: float | None,
        hangup_fds: Iterable[int],
        every: float | None = None,
    ) -> None:
        self._ring_fds, self._every = ring_fds, every
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

    def wait(self, hurry: bool = False) -> bool:
        """
        Block until the rings should be read (True) or all should end (False).

        Args:
            hurry: There is more than was read last time: do not wait for the timer.
        """
        remaining = None if self._deadline is None else self._deadline - monotonic()
        if remaining is not None and remaining <= 0:
            return False
        wait = shortest(remaining, self._every)
        ready = self._all.poll(None if wait is None else wait * 1000)
        if any(fd not in self._ring_fds for fd, _ in ready):
            return False
        if not ready:
            return self._deadline is None or monotonic() < self._deadline
        early = self._next_read - monotonic()
        if early > 0 and not hurry and self._ends.poll(early * 1000):
            return False
        self._next_read = monotonic() + COALESCE
        return True


def shortest(*times: float | None) -> float | None:
    """Return the shortest of some times; None if none is given."""
    return min((one for one in times if one is not None), default=None)
