"""
A message in tcpdump's words (those of tcpdump 4.99 without ``-v``).

Most are templates in the registry; here are their values, and what no template can say.
"""

from __future__ import annotations

from functools import cache

from pyicmp.icmp.message.mld import V2_QUERY_LEN
from pyicmp.icmp.message.node_information import QTYPES
from pyicmp.icmp.message.reading import ipv6, u16, u32
from pyicmp.icmp.registry import FILLED
from pyicmp.icmp.types import message_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyicmp.icmp.message.message import Message
    from pyicmp.icmp.message.quote import Quote

__all__ = ["text"]

REPLY = 140  # to a node information query; its code is its own (RFC 4620)
TRANSPORTS = {6: "tcp", 17: "udp"}


def text(message: Message) -> str:
    """Return what the line of a message says after ``ICMP``."""
    kind, code = message.type, message.code
    if kind is None or code is None:
        return "truncated"
    words = _filled(message, kind, code) or message_text(message.family, kind, code)
    detail = _DETAILS[message.family].get(kind)
    return words + detail(message) if detail else words


def _filled(message: Message, kind: int, code: int) -> str | None:
    """Return the text with the message's values; None unless all are known."""
    templates = FILLED[message.family]
    template = templates.get((kind, code)) or templates.get((kind, None))
    if template is None:
        return None
    own, quoted = _named(template)
    values = {name: _OWN[name](message) for name in own}
    inner = message.inner if quoted else None
    values |= {name: None if inner is None else _QUOTED[name](inner) for name in quoted}
    return None if None in values.values() else template.format_map(values)


@cache
def _named(template: str) -> tuple[list[str], list[str]]:
    """Return which of the message's and of the quote's values a template takes."""
    own, quoted = (
        [name for name in table if f"{{{name}}}" in template or f"{{{name}:" in template]
        for table in (_OWN, _QUOTED)
    )
    return own, quoted


def _mask(message: Message) -> str | None:
    mask = u32(message.data, 8)
    return None if mask is None else f"0x{mask:08x}"


def _transport(inner: Quote) -> str | None:
    return TRANSPORTS.get(inner.proto or 0, f"protocol {inner.proto}")


_OWN: dict[str, Callable[[Message], object]] = {
    "id": lambda message: message.id,
    "seq": lambda message: message.seq,
    "mtu": lambda message: message.mtu,
    "gateway": lambda message: message.gateway,
    "pointer": lambda message: message.pointer,
    "target": lambda message: message.target,
    "mask": _mask,
    "destination": lambda message: ipv6(message.data, 24),
    "sequence": lambda message: u32(message.data, 4),
    "records": lambda message: u16(message.data, 6),
    "delay": lambda message: u16(message.data, 4),
    "group": lambda message: ipv6(message.data, 8),
}
_QUOTED: dict[str, Callable[[Quote], object]] = {
    "dst": lambda inner: inner.dst,
    "src": lambda inner: inner.src,
    "proto": lambda inner: inner.proto,
    "dport": lambda inner: inner.dport,
    "transport": _transport,
}


def _frag_needed(message: Message) -> str:
    return f" (mtu {message.mtu})" if message.mtu else ""


def _routers(message: Message) -> str:
    fields = message.fields
    lifetime, count, routers = (fields.get(key) for key in ("lifetime", "addresses", "routers"))
    if not isinstance(lifetime, int) or not isinstance(routers, list):
        return ""
    listed = "".join(f" {{{one['address']} {one['preference']}}}" for one in routers)
    return f" lifetime {_duration(lifetime)} {count}:{listed}"


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    if seconds < 60:
        return str(seconds)
    if seconds < 3600:
        return f"{minutes}:{rest:02d}"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _times(message: Message) -> str:
    times = [message.fields.get(key) for key in ("originate", "receive", "transmit")]
    clocks = [_clock(time) for time in times if isinstance(time, int)]
    query = f" id {message.id} seq {message.seq}"
    return query + ": org {}, recv {}, xmit {}".format(*clocks) if len(clocks) == 3 else ""


def _clock(ms: int) -> str:
    seconds = ms // 1000
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{ms % 1000:03d}"


def _query(message: Message) -> str:
    group, value = ipv6(message.data, 8), u16(message.data, 4)
    if group is None:
        return ""
    if message.length < V2_QUERY_LEN:
        return f" max resp delay: {value} addr: {group}"
    count = u16(message.data, 26)
    return f" v2 [gaddr {group}" + (f", {count} source(s)]" if count else "]")


def _node_information(message: Message) -> str:
    qtype = None if message.type == REPLY and message.code else u16(message.data, 4)
    return "" if qtype is None else f" ({QTYPES.get(qtype, 'unknown')})"


_DETAILS: dict[int, dict[int, Callable[[Message], str]]] = {
    4: {3: _frag_needed, 9: _routers, 14: _times},
    6: {130: _query, 139: _node_information, 140: _node_information},
}
