"""The first column of a line for people: when."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Timed(Protocol):
        """What has a time: an event, or a report."""

        @property
        def ts_ns(self) -> int:
            """Unix time, ns."""

        @property
        def boot_ns(self) -> int:
            """Time since boot, ns."""


__all__ = ["clock", "rfc3339"]

SECOND_NS = 1_000_000_000


def clock(kind: str) -> Callable[[Timed], str]:
    """
    Return what writes an event's time, to the microsecond.

    Args:
        kind: ``local`` or ``utc`` time of day, seconds since ``boot``, or since the event before
            (``delta``).
    """
    if kind == "boot":
        return _boot
    return _Delta() if kind == "delta" else _TimeOfDay(kind == "utc")


def rfc3339(ts_ns: int) -> str:
    """Return a Unix time, ns, as programs like it: UTC, to the nanosecond."""
    second, ns = divmod(ts_ns, SECOND_NS)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(second))}.{ns:09d}Z"


class _TimeOfDay:
    def __init__(self, utc: bool) -> None:
        self._split = time.gmtime if utc else time.localtime
        self._second, self._text = -1, ""

    def __call__(self, event: Timed) -> str:
        second, ns = divmod(event.ts_ns, SECOND_NS)
        if second != self._second:  # most events come in the second of the one before
            self._second = second
            self._text = time.strftime("%H:%M:%S", self._split(second))
        return f"{self._text}.{ns // 1000:06d}"


class _Delta:
    def __init__(self) -> None:
        self._before: int | None = None

    def __call__(self, event: Timed) -> str:
        passed = event.boot_ns - (event.boot_ns if self._before is None else self._before)
        self._before = event.boot_ns
        sign, (second, ns) = "-" if passed < 0 else "", divmod(abs(passed), SECOND_NS)
        return f"{sign}{second}.{ns // 1000:06d}"


def _boot(event: Timed) -> str:
    second, ns = divmod(event.boot_ns, SECOND_NS)
    return f"{second}.{ns // 1000:06d}"
