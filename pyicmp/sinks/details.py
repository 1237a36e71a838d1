"""What else is known of a message, for people who ask for it."""

from __future__ import annotations

from pyicmp.errors import printable
from pyicmp.icmp.cgroup import container_id, pod_uid
from pyicmp.icmp.netns import netns_container, netns_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.icmp.event import IcmpEvent

__all__ = ["details", "hex_lines"]

# Hexadecimal digits that tell containers apart, as container tools print them.
SHORT_ID_LEN = 12
LINE_LEN = 16


def details(event: IcmpEvent, numeric: bool = False, decoded: bool = False) -> str:
    """
    Return where and whose it is, on one line.

    Args:
        event: The message.
        numeric: Give numbers, not names, of namespaces.
        decoded: Add the message's own fields, and the extensions behind a quoted packet.
    """
    parts = [f"hook {event.hook}", f"netns {_netns(event, numeric)}", f"ip length {event.ip_len}"]
    if event.vlan is not None:
        parts.append(f"vlan {event.vlan}")
    if event.forwarded:
        parts.append("forwarded")
    if event.more_frags:
        parts.append("more fragments")
    parts += _cgroup(event)
    message = event.message if decoded else None
    if message:
        parts += [f"{name} {_words(value)}" for name, value in message.fields.items()]
        parts += [_words(extension) for extension in message.extensions]
    return ", ".join(parts)


def _netns(event: IcmpEvent, numeric: bool) -> str:
    if numeric:
        return str(event.netns)
    if name := netns_name(event.netns):
        return printable(name)
    container = netns_container(event.netns)
    return f"of container {container[:SHORT_ID_LEN]}" if container else str(event.netns)


def _cgroup(event: IcmpEvent) -> list[str]:
    path = event.cgroup
    if path is None:
        return []
    parts = [f"cgroup {printable(path)}"]
    container, pod = container_id(path), pod_uid(path)
    if container:
        parts.append(f"container {container[:SHORT_ID_LEN]}")
    if pod:
        parts.append(f"pod {pod}")
    return parts


def _words(value: object) -> str:
    """Return a decoded value without JSON's punctuation."""
    if isinstance(value, dict):
        return "(" + ", ".join(f"{name} {_words(one)}" for name, one in value.items()) + ")"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_words(one) for one in value) + "]"
    return printable(str(value))


def hex_lines(data: bytes) -> str:
    """Return bytes as tcpdump's ``-x`` prints them."""
    lines = []
    for start in range(0, len(data), LINE_LEN):
        line = data[start : start + LINE_LEN].hex()
        words = [line[at : at + 4] for at in range(0, len(line), 4)]
        lines.append(f"\t0x{start:04x}:  {' '.join(words)}\n")
    return "".join(lines)
