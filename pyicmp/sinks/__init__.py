"""
Events to the outside.

A sink is a function from events to bytes. Each format is one module, imported only when it is
asked for (``renderer``).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyicmp.icmp.event import IcmpEvent

    Renderer = Callable[[Iterable[IcmpEvent]], bytes]

__all__ = ["FORMATS", "renderer"]

FORMATS = ("text", "legacy", "json")


def renderer(name: str) -> Renderer:
    """Return the function that renders events in the format *name*, one of ``FORMATS``."""
    if name == "json":
        from pyicmp.sinks.jsonl import render
    elif name == "legacy":
        from pyicmp.sinks.legacy import render
    else:
        from pyicmp.sinks.text import render
    return render
