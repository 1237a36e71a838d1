"""Drops as lines and as a table: words for people, JSON for programs."""

from __future__ import annotations

from pyicmp.errors import printable
from pyicmp.icmp.netns import netns_inode, netns_name
from pyicmp.icmp.types import message_text
from pyicmp.sinks.jsonl import as_json
from pyicmp.sinks.verdicts import (
    PROTOCOLS,
    VerdictText,
    ends,
    reason_and_place,
    verdict_dict,
    verdicts_json,
    words,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyicmp.icmp.event import IcmpEvent
    from pyicmp.icmp.verdicts.verdict import Verdict
    from pyicmp.sinks import Style
    from pyicmp.sinks.verdicts import VerdictRenderer

    Rows = Iterable[tuple[int, Verdict]]

__all__ = ["drop_renderer", "render_rows"]

HEADINGS = ("COUNT", "NETNS", "DIR", "MESSAGE", "WHY")
WAYS = {"in": "In ", "out": "Out", "fwd": "Fwd"}
# What the messages of one row have in common.
ROW_KEYS = (
    *("netns", "netns_name", "dir", "forwarded", "family", "type", "type_name", "header_absent"),
    *("verdict", "reason", "sysctl", "location", "expired"),
)


def drop_renderer(name: str, style: Style) -> VerdictRenderer:
    """Return the function that renders drops in the format *name*: ``text`` or ``json``."""
    return verdicts_json if name == "json" else DropText(style)


class DropText(VerdictText):
    """
    Renders each drop as a line of printable ASCII.

    ``14:27:05.100201 eth0  In  IP 10.0.0.9 > 10.0.0.5: echo reply, NO_SOCKET at icmp_rcv``
    """

    def told(self, verdict: Verdict) -> tuple[str, str]:
        """Return what the message was, and what became of it."""
        message = verdict.request
        return f"{WAYS[_way(verdict)]} {ends(message)} {_kind(message)}", _fate(verdict)


def render_rows(rows: Rows, name: str) -> bytes:
    """
    Render a summary: a table, or an object a line.

    Args:
        rows: How many drops of a kind there were, and one of them.
        name: ``text`` or ``json``.
    """
    if name == "json":
        return "".join(f"{as_json(_row_dict(*row))}\n" for row in rows).encode("ascii")
    lines = [HEADINGS, *(_row(*row) for row in rows)]
    if len(lines) == 1:
        return b""
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS) - 1)]
    return "".join(_aligned(line, widths) for line in lines).encode("ascii")


def _kind(message: IcmpEvent) -> str:
    if message.type is None or message.code is None:
        return message.header_absent or "header unreadable"
    return message_text(message.family, message.type, message.code)


def _way(drop: Verdict) -> str:
    """Return where a message was going: ``in``, ``out``, or ``fwd``: through this host."""
    return "fwd" if drop.transit else drop.request.direction


def _fate(drop: Verdict, exact: bool = False) -> str:
    """Return what became of a message: a plain drop needs no word for that in a list of drops."""
    if drop.outcome == "dropped" and drop.reason and not drop.expired:
        return reason_and_place(drop, exact)
    return words(drop, exact)


def _row(count: int, drop: Verdict) -> tuple[str, ...]:
    message = drop.request
    own = "self" if message.netns == netns_inode("self") else str(message.netns)
    netns = printable(netns_name(message.netns) or own)
    what = f"{PROTOCOLS[message.family]} {_kind(message)}"
    return str(count), netns, _way(drop), what, _fate(drop, exact=True)


def _aligned(line: tuple[str, ...], widths: list[int]) -> str:
    count, *others, why = line
    cells = [count.rjust(widths[0])]
    cells += [cell.ljust(width) for cell, width in zip(others, widths[1:], strict=True)]
    return f"{'  '.join(cells)}  {why}\n"


def _row_dict(count: int, drop: Verdict) -> dict[str, object]:
    known = verdict_dict(drop)
    return {"v": known["v"], "count": count} | {key: known[key] for key in ROW_KEYS if key in known}
