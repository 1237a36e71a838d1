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

__all__ = ["FORMATS", "TIMES", "Style", "renderer"]

FORMATS = ("text", "wide", "legacy", "json", "csv")
TIMES = ("local", "utc", "boot", "delta")


class Style:
    """
    How lines for people look; formats for programs have only one look.

    Args:
        time: What the first column is: one of ``TIMES``.
        details: Add a line with what else is known of each message.
        numeric: Give numbers, not names, of namespaces.
        hex: Add the message's bytes.
        color: Colour by escape sequences (ECMA-48).
    """

    def __init__(
        self,
        time: str = "local",
        *,
        details: bool = False,
        numeric: bool = False,
        hex: bool = False,  # noqa: A002 - what it is
        color: bool = False,
    ) -> None:
        self.time, self.details, self.numeric = time, details, numeric
        self.hex, self.color = hex, color


def renderer(name: str, style: Style | None = None) -> Renderer:
    """
    Return the function that renders events in the format *name*, one of ``FORMATS``.

    It may remember what it has rendered before: take one for each stream.
    """
    if name == "json":
        from pyicmp.sinks.jsonl import render
    elif name == "legacy":
        from pyicmp.sinks.legacy import render
    elif name == "csv":
        from pyicmp.sinks.csvtable import CsvTable

        return CsvTable()
    else:
        from pyicmp.sinks.text import Text

        return Text(style or Style(), wide=name == "wide")
    return render
