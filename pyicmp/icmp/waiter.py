"""When to read the rings next: at once when idle, on a short timer when busy, never for nothing."""

from __future__ import annotations

import select
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["COALESCE", "Looks", "Waiter"]

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
        self._ring_fds, self._looks = ring_fds, Looks(every)
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
        wait = self._looks.wait(remaining)
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


class Looks:
    """
    When the rings should be read anyway: at fixed times, however long one reads.

    Args:
        every: Seconds between these times, or None.
    """

    def __init__(self, every: float | None) -> None:
        self._every, self._next = every, monotonic() + (every or 0)

    def wait(self, remaining: float | None) -> float | None:
        """Return how long (seconds) to wait, of *remaining* at most; None: for ever."""
        if self._every is None:
            return remaining
        now = monotonic()
        while self._next <= now:
            self._next += self._every
        return self._next - now if remaining is None else min(self._next - now, remaining)
