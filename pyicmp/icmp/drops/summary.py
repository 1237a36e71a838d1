"""Drops, counted by what they have in common."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyicmp.icmp.verdicts.verdict import Verdict

__all__ = ["Summary"]


class Summary:
    """
    Counts drops by reason, place, network namespace, direction and type.

    Example:
        >>> summary = Summary()
        >>> summary.add([])
        >>> summary.rows()
        []
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[object, ...], int] = {}
        self._first: dict[tuple[object, ...], Verdict] = {}

    def add(self, drops: Iterable[Verdict]) -> None:
        """Count some more."""
        for drop in drops:
            key = _kind(drop)
            self._counts[key] = self._counts.get(key, 0) + 1
            self._first.setdefault(key, drop)

    def rows(self) -> list[tuple[int, Verdict]]:
        """Return how many there were of each kind, with the first: the most frequent kind first."""
        rows = [(count, self._first[key]) for key, count in self._counts.items()]
        return sorted(rows, key=lambda row: -row[0])


def _kind(drop: Verdict) -> tuple[object, ...]:
    message = drop.request
    return (
        *(drop.outcome, drop.reason, drop.location, drop.setting, drop.expired),
        *(message.netns, message.direction, message.forwarded),
        *(message.family, message.type, message.header_absent),
    )
