"""Lines for people, in tcpdump's grammar so that their greps work."""

from __future__ import annotations

from pyicmp.errors import printable
from pyicmp.icmp.types import message_text
from pyicmp.sinks.clock import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyicmp.icmp.event import IcmpEvent
    from pyicmp.sinks import Style

__all__ = ["Text"]

_DIRECTIONS = {"in": "In ", "out": "Out"}
_PROTOCOLS = {4: ("IP", "ICMP "), 6: ("IP6", "ICMP6, ")}
_ABSENT = {
    "nonlinear": "header not in linear data",
    "truncated": "header truncated",
}
_RED, _GREEN, _DIM, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[2m", "\x1b[0m"


class Text:
    """
    Renders each event as a line of printable ASCII.

    ``14:27:04.544875 lo    In  ping.5      IP 127.0.0.1 > 127.0.0.1: ICMP echo reply, id 7,
    seq 1, ttl 64, length 64, rtt 0.041 ms``; the owner column is ``-`` where nobody is known.

    Args:
        style: How the lines look.
        wide: Put what else is known at the end of each line.
    """

    def __init__(self, style: Style, *, wide: bool = False) -> None:
        self._style, self._wide, self._clock = style, wide, clock(style.time)

    def __call__(self, events: Iterable[IcmpEvent]) -> bytes:
        """Return the lines."""
        plain = not (self._wide or self._style.details or self._style.hex or self._style.color)
        render = self._line if plain else self._rich
        return "".join([render(event) for event in events]).encode("ascii")

    def _line(self, event: IcmpEvent) -> str:
        ip, icmp = _PROTOCOLS[event.family]
        return (
            f"{self._clock(event)} {printable(event.ifname):5} {_DIRECTIONS[event.direction]}"
            f" {_owner(event):11} {ip} {event.src} > {event.dst}: {icmp}{_message(event)}\n"
        )

    def _rich(self, event: IcmpEvent) -> str:
        from pyicmp.sinks.details import details, hex_lines

        line = self._line(event)[:-1]
        if self._style.color and (color := _color(event)):
            head, colon, message = line.partition(": ICMP")
            line = f"{head}{color}{colon}{message}{_PLAIN}"
        if self._wide:
            line = f"{line}; {details(event, self._style.numeric)}"
        line += "\n"
        if self._style.details:
            line += f"    {details(event, self._style.numeric, decoded=True)}\n"
        return line + hex_lines(event.data) if self._style.hex else line


def _color(event: IcmpEvent) -> str:
    if event.header_absent:
        return _DIM
    if event.is_echo:
        return _GREEN if event.rtt_ns else ""
    message = event.message
    return _RED if message and message.is_error else ""


def _owner(event: IcmpEvent) -> str:
    if event.owner_kind is None:
        return "-"
    if event.owner_kind == "kernel":
        return "kernel"
    return f"{printable(event.comm or b'')}.{event.pid}"


def _message(event: IcmpEvent) -> str:
    if event.header_absent == "fragment":
        return f"fragment, offset {event.frag_off}, length {event.icmp_len}"
    if event.type is None or event.code is None:
        absent = _ABSENT.get(event.header_absent or "", "header unreadable")
        return f"{absent}, length {event.icmp_len}"
    if event.is_echo:
        return _echo(event, message_text(event.family, event.type, event.code))
    message = event.message
    assert message
    text = f"{message.text}, length {event.icmp_len}"
    inner = message.inner
    return f"{text}, inner {inner.text}" if inner else text


def _echo(event: IcmpEvent, text: str) -> str:
    ttl = "" if event.ttl is None else f", ttl {event.ttl}"
    line = f"{text}, id {event.id}, seq {event.seq}{ttl}, length {event.icmp_len}"
    if event.rtt_ns is not None:
        line += f", rtt {event.rtt_ns / 1e6:.3f} ms"
    if event.fate is None:
        return line
    from pyicmp.sinks.verdicts import words  # a run without verdicts needs none of it

    return f"{line}, {words(event.fate)}"
