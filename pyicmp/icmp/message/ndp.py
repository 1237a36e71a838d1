"""The fields of Neighbor Discovery (RFC 4861), its inverse (RFC 3122) and SEND (RFC 3971)."""

from __future__ import annotations

from pyicmp.icmp.message.options import options
from pyicmp.icmp.message.reading import byte, flags, ipv6, known, u16, u32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.icmp.message.reading import Fields

__all__ = [
    *("inverse", "neighbor_advertisement", "neighbor_solicitation", "path_advertisement"),
    *("path_solicitation", "redirect", "router_advertisement", "router_solicitation"),
]

# RFC 4191 §2.1; 2 is reserved.
PREFERENCES = ("medium", "high", "reserved", "low")


def router_solicitation(data: bytes) -> Fields:
    """Read §4.1."""
    return {"options": options(data, 8)}


def router_advertisement(data: bytes) -> Fields:
    """Read §4.2: lifetime in seconds, the two timers in ms; RFC 6275's and RFC 4191's flags."""
    value = byte(data, 5)
    found = known(hop_limit=byte(data, 4))
    found |= flags(value, managed=0x80, other=0x40, home_agent=0x20, proxy=0x04)
    found |= known(preference=None if value is None else PREFERENCES[value >> 3 & 3])
    found |= known(lifetime=u16(data, 6), reachable_time=u32(data, 8), retrans_timer=u32(data, 12))
    return found | {"options": options(data, 16)}


def neighbor_solicitation(data: bytes) -> Fields:
    """Read §4.3."""
    return known(target=ipv6(data, 8)) | {"options": options(data, 24)}


def neighbor_advertisement(data: bytes) -> Fields:
    """Read §4.4."""
    found = flags(byte(data, 4), router=0x80, solicited=0x40, override=0x20)
    return found | neighbor_solicitation(data)


def redirect(data: bytes) -> Fields:
    """Read §4.5: the better first hop, and what it is for."""
    found = known(target=ipv6(data, 8), destination=ipv6(data, 24))
    return found | {"options": options(data, 40)}


def inverse(data: bytes) -> Fields:
    """Read RFC 3122 §2."""
    return {"options": options(data, 8)}


def path_solicitation(data: bytes) -> Fields:
    """Read RFC 3971 §6.4.1."""
    found = known(identifier=u16(data, 4), component=u16(data, 6))
    return found | {"options": options(data, 8)}


def path_advertisement(data: bytes) -> Fields:
    """Read RFC 3971 §6.4.2."""
    found = known(identifier=u16(data, 4), components=u16(data, 6), component=u16(data, 8))
    return found | {"options": options(data, 12)}
