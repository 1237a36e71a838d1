"""``Report``: what was counted in one interval, or in the whole run."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyicmp.icmp.rtt.row import Row

__all__ = ["Report"]


class Report:
    """
    Rows, the busiest first; those of peers that this host answers come last.

    Attributes:
        ts_ns: When it was made, Unix, ns.
        boot_ns: The same as time since boot (CLOCK_BOOTTIME), ns.
        seconds: What it covers, up to then.
        rows: Its rows.
        lost: Records that were lost in that time: so many messages were not counted.
        whole: Whether it is of the whole run, not of one interval.

    Example:
        >>> for row in report:  # doctest: +SKIP
        ...     print(row.peer, row.loss, row.rtt.quantile(0.99))
    """

    __slots__ = ("boot_ns", "lost", "rows", "seconds", "ts_ns", "whole")

    def __init__(
        self,
        ts_ns: int,
        boot_ns: int,
        seconds: float,
        rows: list[Row],
        lost: int,
        *,
        whole: bool,
    ) -> None:
        self.ts_ns, self.boot_ns, self.seconds, self.rows = ts_ns, boot_ns, seconds, rows
        self.lost, self.whole = lost, whole

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)
