"""The ledger: what was seen is accounted for, or said to be unknown."""

from __future__ import annotations

__all__ = ["Stats"]


class Stats:
    """
    Counts of one run: ``seen == filtered + emitted + lost + unreadable + unread``.

    Attributes:
        seen: ICMP messages that the hooks met, from the kernel's side.
        filtered: Messages that were not asked for.
        emitted: Events handed out.
        lost: Records that found no room in the ring, or in this process.
        unreadable: Messages that the kernel side could not read.
        unread: Records that were in the ring still when the run ended.
        verdicts_lost: Verdicts on echo requests that found no room in their ring.
        missed: Times that the kernel skipped a program because it was running already on that
            CPU; None where the kernel does not count them (before Linux 5.12).
    """

    __slots__ = ("emitted", "filtered", "lost", "missed", "seen", "unreadable", "verdicts_lost")

    def __init__(self) -> None:
        self.seen = self.filtered = self.emitted = self.lost = self.unreadable = 0
        self.verdicts_lost = 0
        self.missed: int | None = None

    @property
    def unread(self) -> int:
        """Records that nobody has read (yet)."""
        return self.seen - self.filtered - self.emitted - self.lost - self.unreadable

    def __repr__(self) -> str:
        names = ("seen", "filtered", "emitted", "lost", "unreadable", "unread", "missed")
        return f"Stats({', '.join(f'{name}={getattr(self, name)}' for name in names)})"
