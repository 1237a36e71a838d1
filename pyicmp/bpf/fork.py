"""
What happens to what is open when the process forks.

A child of ``os.fork()`` or ``multiprocessing`` shares its parent's descriptors and mappings: it
would keep programs attached after the parent's end, and move the parent's place in a ring. So in
the child, and only there, all that was open is let go at once, and its use is a LifecycleError.
"""

from __future__ import annotations

import os
from _weakrefset import WeakSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Forkable(Protocol):
        """What is open and must not be shared with a child."""

        def after_fork(self) -> None:
            """Let everything go, in the child."""

        def __hash__(self) -> int: ...


__all__ = ["CHILD", "closes_in_child"]

#: Why it cannot be used, for a LifecycleError.
CHILD = "it belongs to the process that this one was forked from"

_open: WeakSet[Forkable] = WeakSet()


def closes_in_child(thing: Forkable) -> None:
    """Call ``thing.after_fork()`` in each child that is forked while *thing* lives."""
    _open.add(thing)


def _after_fork() -> None:
    for thing in list(_open):
        thing.after_fork()
    _open.clear()


os.register_at_fork(after_in_child=_after_fork)
