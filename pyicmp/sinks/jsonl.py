"""JSON, one object a line; keys are never renamed once released (docs/json.md)."""

from __future__ import annotations

import time
from json import JSONEncoder

from pyicmp.errors import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyicmp.icmp.event import IcmpEvent

__all__ = ["VERSION", "as_dict", "render"]

VERSION = 1
_encode = JSONEncoder(separators=(",", ":")).encode
_KEYS_WHEN_KNOWN = ("type", "type_name", "code", "code_name", "mtu", "gateway", "header_absent")


def render(events: Iterable[IcmpEvent]) -> bytes:
    """Render each event as one line of ASCII."""
    return "".join(f"{_encode(as_dict(event))}\n" for event in events).encode("ascii")


def as_dict(event: IcmpEvent) -> dict[str, object]:
    """Return an event as JSON has it: what is not known has no key."""
    seconds, ns = divmod(event.ts_ns, 1_000_000_000)
    line: dict[str, object] = {
        "v": VERSION,
        "ts": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{ns:09d}Z",
        "ts_ns": event.ts_ns,
        "boot_ns": event.boot_ns,
        "dir": event.direction,
        "if": printable(event.ifname),
        "ifindex": event.ifindex,
        "netns": event.netns,
        "family": event.family,
        "src": event.src,
        "dst": event.dst,
        "proto": event.protocol,
        "ttl": event.ttl,
        "len": event.icmp_len,
        "ip_len": event.ip_len,
    }
    for key in _KEYS_WHEN_KNOWN:
        value = getattr(event, key)
        if value is not None:
            line[key] = value
    if event.is_echo:
        line["id"], line["seq"] = event.id, event.seq
    if event.frag_off or event.more_frags:
        line["frag_off"], line["more_frags"] = event.frag_off, bool(event.more_frags)
    line["hook"] = event.hook
    line["lost_before"] = event.lost_before
    return line
