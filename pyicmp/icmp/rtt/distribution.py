"""Times in bounded memory: how many, how long, how spread."""

from __future__ import annotations

from bisect import bisect_right
from itertools import count as count_from
from itertools import islice, takewhile
from math import ceil, sqrt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["COARSE", "FINE", "FINEST", "Distribution"]

EXACT = 100  # below that many ns each number has a bucket of its own
# Where the bars of a histogram may begin in each power of ten: at borders of buckets.
COARSE = (100, 200, 500)
FINE = (100, 120, 150, 200, 250, 300, 400, 500, 600, 800)
FINEST = (*range(100, 200, 2), *range(200, 500, 5), *range(500, 1000, 10))


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

    def histogram(self, steps: Iterable[int] = COARSE) -> Iterator[tuple[int, int, int]]:
        """
        Yield from, to (not in it), and how many, exactly: from the first bar to the last.

        Args:
            steps: Where bars begin in each power of ten, of 100: ``COARSE``, ``FINE``, ``FINEST``.
        """
        if not self.count:
            return
        borders = list(takewhile(lambda border: border <= self.max_ns, _borders(steps)))
        counts = [0] * len(borders)
        for start, found in self._buckets.items():
            counts[bisect_right(borders, start) - 1] += found
        first = bisect_right(borders, self.min_ns) - 1
        ends = islice(_borders(steps), first + 1, None)
        yield from zip(borders[first:], ends, counts[first:], strict=False)


def _bucket(ns: int) -> tuple[int, int]:
    """Return where the bucket of a time begins, and how wide it is."""
    if ns < EXACT:
        return ns, 1
    scale: int = 10 ** (len(str(ns)) - 3)
    digits = ns // scale
    step = 2 if digits < 200 else 5 if digits < 500 else 10
    return digits // step * step * scale, step * scale


def _borders(steps: Iterable[int]) -> Iterator[int]:
    """Yield 0, and then what begins at each power of ten; whole numbers only."""
    yield 0
    for power in count_from():
        for step in steps:
            border, rest = divmod(step * 10**power, 100)
            if not rest:
                yield border
