"""JSON, one object a line; keys are never renamed once released (docs/json.md)."""

from __future__ import annotations

from json import JSONEncoder

from pyicmp.errors import printable
from pyicmp.icmp.cgroup import container_id, pod_uid
from pyicmp.icmp.netns import netns_container, netns_name
from pyicmp.sinks.clock import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyicmp.icmp.event import IcmpEvent

__all__ = ["VERSION", "as_dict", "as_json", "render"]

VERSION = 1
as_json = JSONEncoder(separators=(",", ":")).encode
_KEYS_WHEN_KNOWN = (
    *("type", "type_name", "code", "code_name", "header_absent", "vlan", "rtt_ns"),
    *("verdict", "reason"),
)
_INNER_KEYS = (
    *("family", "src", "dst", "proto", "sport", "dport", "len", "ttl", "type", "code", "id", "seq"),
    *("tcp_seq", "frag_off"),
)


def render(events: Iterable[IcmpEvent]) -> bytes:
    """Render each event as one line of ASCII."""
    return "".join(f"{as_json(as_dict(event))}\n" for event in events).encode("ascii")


def as_dict(event: IcmpEvent) -> dict[str, object]:
    """Return an event as JSON has it: what is not known has no key."""
    line: dict[str, object] = {
        "v": VERSION,
        "ts": rfc3339(event.ts_ns),
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
    if event.ttl is None:
        del line["ttl"]
    for key in _KEYS_WHEN_KNOWN:
        value = getattr(event, key)
        if value is not None:
            line[key] = value
    if event.is_echo:
        line["id"], line["seq"] = event.id, event.seq
    else:
        _add_message(line, event)
    if event.frag_off or event.more_frags:
        line["frag_off"], line["more_frags"] = event.frag_off, bool(event.more_frags)
    if event.forwarded:
        line["forwarded"] = True
    if name := netns_name(event.netns) or netns_container(event.netns):
        line["netns_name"] = printable(name)
    _add_owner(line, event)
    line["hook"] = event.hook
    line["lost_before"] = event.lost_before
    return line


def _add_message(line: dict[str, object], event: IcmpEvent) -> None:
    """Add what only some types have."""
    message = event.message
    if message is None:
        return
    for key in ("mtu", "gateway", "target", "pointer"):
        value = getattr(message, key)
        if value is not None:
            line[key] = value
    inner = message.inner
    if inner:
        known = {key: getattr(inner, key) for key in _INNER_KEYS}
        line["inner"] = {key: value for key, value in known.items() if value is not None}
    numbers = {key: getattr(message, key) for key in ("id", "seq")}  # of an echo only, above
    fields = {key: value for key, value in numbers.items() if value is not None} | message.fields
    if fields:
        line["fields"] = fields
    if message.extensions:
        line["extensions"] = message.extensions


def _add_owner(line: dict[str, object], event: IcmpEvent) -> None:
    if event.pid is None:
        return
    line["pid"], line["comm"] = event.pid, printable(event.comm or b"")
    path = event.cgroup
    if path is None:
        return
    line["cgroup"] = printable(path)
    for key, value in (("container", container_id(path)), ("pod", pod_uid(path))):
        if value is not None:
            line[key] = value
