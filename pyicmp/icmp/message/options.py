"""The options of Neighbor Discovery messages (IANA, IPv6 Neighbor Discovery Option Formats)."""

from __future__ import annotations

from pyicmp.errors import printable
from pyicmp.icmp.message.reading import (
    byte,
    domains,
    flags,
    hexadecimal,
    ipv6,
    ipv6_list,
    known,
    pieces,
    prefix,
    u16,
    u32,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyicmp.icmp.message.reading import Fields

__all__ = ["option_bodies", "options"]

# RFC 8781 §4: the prefix length code.
_NAT64_LENGTHS = (96, 64, 56, 48, 40, 32)


def option_bodies(data: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """
    Yield type and bytes (type and length included) of each option from an offset on.

    The last may be cut short. One of length 0 ends them, as it would never end.
    """
    while (size := byte(data, at + 1)) and at < len(data):
        yield data[at], data[at : at + size * 8]
        at += size * 8


def options(data: bytes, at: int) -> list[Fields]:
    """Return the options from an offset on: type, name, and their values or ``data``."""
    found: list[Fields] = []
    for kind, body in option_bodies(data, at):
        name, read = _OPTIONS.get(kind, (None, _data))
        found.append(known(type=kind, name=name) | read(body))
    return found


def _data(body: bytes) -> Fields:
    return known(data=hexadecimal(body, 2, body[1] * 8 - 2))


def _link_layer(body: bytes) -> Fields:
    """Read RFC 4861 §4.6.1; how long an address is depends on the link, most are 6 bytes."""
    raw = pieces(body, 2, body[1] * 8 - 2)
    return known(address=raw.hex(":") if raw else None)


def _prefix_information(body: bytes) -> Fields:
    """Read RFC 4861 §4.6.2: lifetimes in seconds, 0xffffffff for ever."""
    found = known(prefix=prefix(body, 16, byte(body, 2)))
    found |= flags(byte(body, 3), on_link=0x80, autonomous=0x40, router=0x20)
    return found | known(valid_lifetime=u32(body, 4), preferred_lifetime=u32(body, 8))


def _redirected(_: bytes) -> Fields:
    return {}  # the packet is the message's ``inner``


def _mtu(body: bytes) -> Fields:
    return known(mtu=u32(body, 4))


def _shortcut_limit(body: bytes) -> Fields:
    return known(limit=byte(body, 2))


def _advertisement_interval(body: bytes) -> Fields:
    """Read RFC 6275 §7.3: ms."""
    return known(interval=u32(body, 4))


def _home_agent(body: bytes) -> Fields:
    """Read RFC 6275 §7.4: lifetime in seconds."""
    return known(preference=u16(body, 4), lifetime=u16(body, 6))


def _addresses(body: bytes) -> Fields:
    return {"addresses": ipv6_list(body, 8)}


def _timestamp(body: bytes) -> Fields:
    """Read RFC 3971 §5.3.1: seconds since 1970 of 48 bits, and 1/64K of a second."""
    raw = pieces(body, 8, 8)
    return known(timestamp=int.from_bytes(raw, "big") / 65536 if raw else None)


def _nonce(body: bytes) -> Fields:
    return known(nonce=hexadecimal(body, 2, body[1] * 8 - 2))


def _route(body: bytes) -> Fields:
    """Read RFC 4191 §2.3: the prefix takes 0, 8 or 16 bytes."""
    from pyicmp.icmp.message.ndp import PREFERENCES

    value = byte(body, 3)
    found = known(prefix=prefix(body, 8, byte(body, 2), min(body[1] * 8 - 8, 16)))
    found |= known(preference=None if value is None else PREFERENCES[value >> 3 & 3])
    return found | known(lifetime=u32(body, 4))


def _dns_servers(body: bytes) -> Fields:
    """Read RFC 8106 §5.1: lifetime in seconds."""
    return known(lifetime=u32(body, 4)) | _addresses(body)


def _search_list(body: bytes) -> Fields:
    return known(lifetime=u32(body, 4)) | {"domains": domains(body, 8)}


def _registration(body: bytes) -> Fields:
    """Read RFC 6775 §4.1: lifetime in minutes."""
    address = pieces(body, 8, 8)
    found = known(status=byte(body, 2), lifetime=u16(body, 6))
    return found | known(eui64=address.hex(":") if address else None)


def _captive_portal(body: bytes) -> Fields:
    raw = pieces(body, 2, body[1] * 8 - 2)
    return known(uri=printable(raw.rstrip(b"\0")) if raw else None)


def _nat64(body: bytes) -> Fields:
    """Read RFC 8781 §4: lifetime in seconds, sent in units of 8."""
    scaled = u16(body, 2)
    if scaled is None:
        return {}
    bits = dict(enumerate(_NAT64_LENGTHS)).get(scaled & 7)
    return known(lifetime=scaled >> 3 << 3, prefix=prefix(body, 4, bits, 12))


def _map(body: bytes) -> Fields:
    """Read RFC 4140 §4.5."""
    value = byte(body, 2)
    found = {} if value is None else {"distance": value >> 4, "preference": value & 15}
    return found | known(valid_lifetime=u32(body, 4), address=ipv6(body, 8))


def _prefixed(body: bytes) -> Fields:
    """Read RFC 5568 §6.4.1 and §6.4.2."""
    return known(option_code=byte(body, 2), prefix=prefix(body, 8, byte(body, 3)))


_OPTIONS: dict[int, tuple[str, Callable[[bytes], Fields]]] = {
    1: ("source-link-layer-address", _link_layer),
    2: ("target-link-layer-address", _link_layer),
    3: ("prefix-information", _prefix_information),
    4: ("redirected-header", _redirected),
    5: ("mtu", _mtu),
    6: ("nbma-shortcut-limit", _shortcut_limit),
    7: ("advertisement-interval", _advertisement_interval),
    8: ("home-agent-information", _home_agent),
    9: ("source-address-list", _addresses),
    10: ("target-address-list", _addresses),
    11: ("cga", _data),
    12: ("rsa-signature", _data),
    13: ("timestamp", _timestamp),
    14: ("nonce", _nonce),
    15: ("trust-anchor", _data),
    16: ("certificate", _data),
    17: ("ip-address-prefix", _prefixed),
    18: ("new-router-prefix", _prefixed),
    19: ("link-layer-address", _data),
    20: ("neighbor-advertisement-acknowledgment", _data),
    23: ("map", _map),
    24: ("route-information", _route),
    25: ("rdnss", _dns_servers),
    26: ("ra-flags-extension", _data),
    27: ("handover-key-request", _data),
    28: ("handover-key-reply", _data),
    29: ("handover-assist-information", _data),
    30: ("mobile-node-identifier", _data),
    31: ("dnssl", _search_list),
    32: ("proxy-signature", _data),
    33: ("address-registration", _registration),
    34: ("6lowpan-context", _data),
    35: ("authoritative-border-router", _data),
    36: ("6lowpan-capability-indication", _data),
    37: ("captive-portal", _captive_portal),
    38: ("pref64", _nat64),
    138: ("card-request", _data),
    139: ("card-reply", _data),
    253: ("experiment-1", _data),
    254: ("experiment-2", _data),
}
