"""Lines for people, in tcpdump's grammar so that their greps work."""

from __future__ import annotations

import time

from pyicmp.errors import printable
from pyicmp.icmp.types import message_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyicmp.icmp.event import IcmpEvent

__all__ = ["render"]

_DIRECTIONS = {"in": "In ", "out": "Out"}
_ABSENT = {
    "nonlinear": "ICMP header not in linear data",
    "truncated": "ICMP header truncated",
}


def render(events: Iterable[IcmpEvent]) -> bytes:
    """
    Render each event as a line of printable ASCII, in the local time zone.

    ``14:27:04.544875 lo    In  -           IP 127.0.0.1 > 127.0.0.1: ICMP echo request, id 7,
    seq 1, ttl 64, length 64``; the owner column is ``-`` where the owner is not known.
    """
    lines: list[str] = []
    second, clock = -1, ""
    for event in events:
        seconds, ns = divmod(event.ts_ns, 1_000_000_000)
        if seconds != second:
            second, clock = seconds, time.strftime("%H:%M:%S", time.localtime(seconds))
        lines.append(
            f"{clock}.{ns // 1000:06d} {printable(event.ifname):5} {_DIRECTIONS[event.direction]}"
            f" {'-':11} IP{'' if event.family == 4 else '6'} {event.src} > {event.dst}:"
            f" {_message(event)}, ttl {event.ttl}, length {event.icmp_len}\n"
        )
    return "".join(lines).encode("ascii")


def _message(event: IcmpEvent) -> str:
    if event.header_absent == "fragment":
        return f"ICMP fragment, offset {event.frag_off}"
    if event.type is None or event.code is None:
        return _ABSENT.get(event.header_absent or "", "ICMP header unreadable")
    text = f"ICMP {message_text(event.family, event.type, event.code)}"
    if event.id is not None:
        return f"{text}, id {event.id}, seq {event.seq}"
    if event.mtu is not None:
        return f"{text} (mtu {event.mtu})"
    if event.gateway is not None:
        return f"{text} {event.gateway}"
    return text
