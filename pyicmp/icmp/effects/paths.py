"""Path MTUs, a path a line: who says that packets to where are too big."""

from __future__ import annotations

from pyicmp.icmp.effects.effect import is_too_big

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyicmp.icmp.effects.effect import Effect

    # Namespace, direction, who reports, destination.
    Key = tuple[int, str, str, str | None]

__all__ = ["Path", "Paths"]

PATHS_MAX = 4096


class Path:
    """
    What is known of a path whose MTU was reported.

    Attributes:
        last: The last error about it whose effect told the MTU, else the last of all, and what
            that did. Errors that change nothing, as one for each packet in flight, or forged ones,
            do not hide the one that did.
        before: Its MTU before the first error, bytes; None: not seen.
        after: Its MTU now, bytes: what the socket or the route has, else what was reported.
        count: How many errors there were.
    """

    __slots__ = ("after", "before", "count", "last")

    def __init__(self, effect: Effect) -> None:
        self.last = effect
        self.before: int | None = None
        self.after = effect.error.mtu
        self.count = 0

    @property
    def reporter(self) -> str:
        """Who reports: the router before the narrow link."""
        return self.last.error.src

    @property
    def destination(self) -> str | None:
        """Where the packets were to go."""
        quote = self.last.error.inner
        return quote.dst if quote else None

    def add(self, effect: Effect) -> None:
        """Take in one more error, or what came of one later."""
        self.count += effect.later_ns is None
        if effect.mtu or not self.last.mtu:
            self.last = effect
            self.after = effect.mtu[1] if effect.mtu else effect.error.mtu
        if effect.mtu and self.before is None:
            self.before = effect.mtu[0]


class Paths:
    """The paths met; the one that was silent longest is forgotten first."""

    def __init__(self) -> None:
        self._paths: dict[Key, Path] = {}

    def add(self, effects: Iterable[Effect]) -> None:
        """Take in some more errors; those that carry no path MTU do not matter."""
        for effect in effects:
            error = effect.error
            if not is_too_big(error):
                continue
            found = Path(effect)
            key = error.netns, error.direction, found.reporter, found.destination
            found = self._paths.pop(key, found)
            found.add(effect)
            self._paths[key] = found
            if len(self._paths) > PATHS_MAX:
                del self._paths[next(iter(self._paths))]

    def __iter__(self) -> Iterator[Path]:
        return iter(sorted(self._paths.values(), key=lambda path: -path.count))

    def __len__(self) -> int:
        return len(self._paths)
