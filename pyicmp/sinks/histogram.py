"""A distribution drawn in characters."""

from __future__ import annotations

from pyicmp.icmp.rtt.distribution import COARSE, FINE, FINEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyicmp.icmp.rtt.distribution import Distribution

__all__ = ["histogram_lines", "ms_text"]

BAR_LEN = 40
BARS_MAX = 16
UNITS = ((10**9, "s"), (10**6, "ms"), (10**3, "us"), (1, "ns"))


def ms_text(ns: float) -> str:
    """Return a time as ping prints it: ms, to the microsecond."""
    return f"{ns / 1e6:.3f}"


def histogram_lines(times: Distribution) -> Iterator[str]:
    """
    Yield a line for each bar: its borders, its share, how many, and as many characters.

    Bars are as fine as lets all of them be seen at once.

    Example:
        >>> from pyicmp.icmp.rtt.distribution import Distribution
        >>> times = Distribution()
        >>> for ns in (300_000, 700_000, 700_000, 790_000):
        ...     times.add(ns)
        >>> for line in histogram_lines(times):
        ...     print(line)
         300 us -  400 us   25.0%        1 |##############
         400 us -  500 us    0.0%        0 |
         500 us -  600 us    0.0%        0 |
         600 us -  800 us   75.0%        3 |########################################
    """
    for steps in (FINEST, FINE, COARSE):
        bars = list(times.histogram(steps))
        if len(bars) <= BARS_MAX:
            break
    most = max((count for _, _, count in bars), default=0)
    for low, high, count in bars:
        bar = "#" * -(-BAR_LEN * count // most)
        share = count / times.count
        yield f"{_border(low):>7} - {_border(high):>7} {share:7.1%} {count:8} |{bar}"


def _border(ns: int) -> str:
    size, unit = next(((size, unit) for size, unit in UNITS if ns >= size), UNITS[-1])
    return f"{ns / size:g} {unit}"
