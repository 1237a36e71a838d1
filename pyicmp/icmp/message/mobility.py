"""The fields of mobile IPv6 (RFC 6275 §6.5-6.8), its fast handovers (RFC 5568), and ILNPv6."""

from __future__ import annotations

from pyicmp.icmp.message.options import options
from pyicmp.icmp.message.reading import byte, flags, hexadecimal, ipv6_list, known, u16

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.icmp.message.reading import Fields

__all__ = [
    *("fast_handover", "home_agents", "locator_update", "prefix_advertisement"),
    "prefix_solicitation",
]

LOCATOR_LEN = 12
_SUBTYPES = {
    2: "router-solicitation-for-proxy-advertisement",
    3: "proxy-router-advertisement",
    4: "handover-initiate",
    5: "handover-acknowledge",
}


def home_agents(data: bytes) -> Fields:
    """Read a discovery's reply."""
    return {"addresses": ipv6_list(data, 8)}


def prefix_solicitation(data: bytes) -> Fields:
    """Read options, of which none is defined."""
    return {"options": options(data, 8)}


def prefix_advertisement(data: bytes) -> Fields:
    """Read which ways of configuration there are, and the prefixes."""
    return flags(byte(data, 6), managed=0x80, other=0x40) | {"options": options(data, 8)}


def fast_handover(data: bytes) -> Fields:
    """Read RFC 5568 §6."""
    kind = byte(data, 4)
    found = known(subtype=kind, subtype_name=_SUBTYPES.get(kind or 0), identifier=u16(data, 6))
    return found | {"options": options(data, 8)}


def locator_update(data: bytes) -> Fields:
    """Read RFC 6743 §5: each locator's preference, and its lifetime in seconds."""
    count = byte(data, 4)
    there = min(count or 0, max(0, len(data) - 8) // LOCATOR_LEN)
    starts = range(8, 8 + there * LOCATOR_LEN, LOCATOR_LEN)
    locators = [
        known(
            locator=hexadecimal(data, at, 8),
            preference=u16(data, at + 8),
            lifetime=u16(data, at + 10),
        )
        for at in starts
    ]
    return known(locator_count=count, operation=byte(data, 5)) | {"locators": locators}
