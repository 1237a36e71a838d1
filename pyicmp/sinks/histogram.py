"""A distribution drawn in characters."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyicmp.icmp.rtt.distribution import Distribution

__all__ = ["histogram_lines", "ms_text"]

BAR_LEN = 40
UNITS = ((10**9, "s"), (10**6, "ms"), (10**3, "us"), (1, "ns"))


def ms_text(ns: float) -> str:
    """Return a time as ping prints it: ms, to the microsecond."""
    return f"{ns / 1e6:.3f}"


def histogram_lines(times: Distribution) -> Iterator[str]:
    """
    Yield a line for each bar: its borders, its share, how many, and as many characters.

    Example:
        >>> from pyicmp.icmp.rtt.distribution import Distribution
        >>> times = Distribution()
        >>> for ns in (300_000, 700_000, 700_000, 800_000):
        ...     times.add(ns)
        >>> for line in histogram_lines(times):
        ...     print(line)
        200 us - 500 us   25.0%        1 |#############
        500 us -   1 ms   75.0%        3 |########################################
    """
    bars = list(times.histogram())
    most = max((count for _, _, count in bars), default=0)
    for low, high, count in bars:
        bar = "#" * -(-BAR_LEN * count // most)
        share = count / times.count
        yield f"{_border(low):>6} - {_border(high):>6} {share:7.1%} {count:8} |{bar}"


def _border(ns: int) -> str:
    size, unit = next(((size, unit) for size, unit in UNITS if ns >= size), UNITS[-1])
    return f"{ns // size} {unit}"
