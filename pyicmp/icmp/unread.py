"""What a loop that ended early has left: the next one goes on there."""

from __future__ import annotations

from itertools import islice

from pyicmp.bpf.generic import Generic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    Seen = TypeVar("Seen")
else:
    Seen = None

__all__ = ["Unread"]


class Unread(Generic[Seen]):
    """
    What a loop that ended early has left of its batch.

    Attributes:
        batch: The batch; set it, then take its events from ``rest()``.
    """

    def __init__(self) -> None:
        self.batch: Iterable[Seen] = ()
        self._done = 0

    def rest(self) -> Iterator[Seen]:
        """Yield what was not yielded yet."""
        for event in islice(self.batch, self._done, None):
            self._done += 1
            yield event
        self.batch, self._done = (), 0
