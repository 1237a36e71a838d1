"""Times in bounded memory: how many, how long, how spread."""

from __future__ import annotations

from math import ceil, sqrt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Distribution"]

EXACT = 100  # below that many ns each number has a bucket of its own


class Distribution:
    """
    Times, ns: their number, least, most, sum and sum of squares exactly, the rest by buckets.

    A bucket is at most 2.5 % as wide as the times in it are long, so that a quantile is off by 1.25
    % at most. There are 160 for each power of ten, kept only if there is something in them.

    Attributes:
        count: How many there are.
        min_ns, max_ns: The least and the most; 0 if there is none.
        total_ns: Their sum.

    Example:
        >>> times = Distribution()
        >>> for ns in (1000, 2000, 6000):
        ...     times.add(ns)
        >>> times.mean_ns, times.quantile(0.5), times.max_ns
        (3000.0, 2025, 6000)
    """

    __slots__ = ("_buckets", "_squares", "count", "max_ns", "min_ns", "total_ns")

    def __init__(self) -> None:
        self.count = self.min_ns = self.max_ns = self.total_ns = self._squares = 0
        self._buckets: dict[int, int] = {}

    def add(self, ns: int) -> None:
        """Count one more."""
        self.min_ns = min(self.min_ns, ns) if self.count else ns
        self.max_ns = max(self.max_ns, ns)
        self.count += 1
        self.total_ns += ns
        self._squares += ns * ns
        start = _bucket(ns)[0]
        self._buckets[start] = self._buckets.get(start, 0) + 1

    def merge(self, other: Distribution) -> None:
        """Count all of *other* too."""
        if not other.count:
            return
        self.min_ns = min(self.min_ns, other.min_ns) if self.count else other.min_ns
        self.max_ns = max(self.max_ns, other.max_ns)
        self.count += other.count
        self.total_ns += other.total_ns
        self._squares += other._squares
        for start, count in other._buckets.items():
            self._buckets[start] = self._buckets.get(start, 0) + count

    @property
    def mean_ns(self) -> float:
        """Their mean; 0 if there is none."""
        return self.total_ns / self.count if self.count else 0.0

    @property
    def stddev_ns(self) -> float:
        """Their standard deviation, of all, not of a sample: what ping calls mdev."""
        if not self.count:
            return 0.0
        return sqrt(self.count * self._squares - self.total_ns**2) / self.count

    def quantile(self, part: float) -> int:
        """
        Return the time that *part* of them do not exceed, to 1.25 %.

        Args:
            part: Above 0, at most 1: 0.5 is the median. Of n times it is the one at place
                ``ceil(part * n)``, never between two.
        """
        place, seen = ceil(part * self.count), 0
        for start in sorted(self._buckets):
            seen += self._buckets[start]
            if seen >= place:
                middle = start + _bucket(start)[1] // 2
                return min(max(middle, self.min_ns), self.max_ns)
        return self.max_ns

    def histogram(self) -> Iterator[tuple[int, int, int]]:
        """Yield from, to (not in it), and how many: 1, 2, 5, 10 …, from the first to the last."""
        if not self.count:
            return
        low, high = 0, 1
        while low <= self.max_ns:
            if high > self.min_ns:
                inside = (n for start, n in self._buckets.items() if low <= start < high)
                yield low, high, sum(inside)
            low, high = high, _next_border(high)


def _bucket(ns: int) -> tuple[int, int]:
    """Return where the bucket of a time begins, and how wide it is: borders at all 1, 2, 5 …."""
    if ns < EXACT:
        return ns, 1
    scale: int = 10 ** (len(str(ns)) - 3)
    digits = ns // scale
    step = 2 if digits < 200 else 5 if digits < 500 else 10
    return digits // step * step * scale, step * scale


def _next_border(border: int) -> int:
    return border * 5 // 2 if str(border)[0] == "2" else border * 2
