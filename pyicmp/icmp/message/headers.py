"""The way through an IPv6 packet's extension headers to what it carries (RFC 8200 §4)."""

from __future__ import annotations

from pyicmp.icmp.message.reading import byte, pieces, u16, u32

__all__ = ["jumbo_payload", "upper_layer"]

HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION = 0, 43, 44, 51, 60
_CHAINED = {HOP_BY_HOP, ROUTING, DESTINATION}
# More headers than this are no packet that anybody sent in earnest.
MAX_HEADERS = 16
FIXED_LEN = 40
JUMBO = 0xC2  # RFC 2675


def upper_layer(packet: bytes) -> tuple[int | None, int, int | None]:
    """
    Return protocol and offset of what an IPv6 packet carries, and its fragment offset, bytes.

    The protocol is None if the bytes end, or the bound is reached, before it is known. In a
    fragment that is not the first, no headers follow: what would be the payload is no header.
    """
    proto, at, frag_off = byte(packet, 6), FIXED_LEN, None
    for _ in range(MAX_HEADERS):
        if proto == FRAGMENT:
            offset = u16(packet, at + 2)
            frag_off = None if offset is None else offset & 0xFFF8
            proto, at = byte(packet, at), at + 8
            if frag_off:
                return proto, at, frag_off
        elif proto == AUTHENTICATION:
            proto, at = byte(packet, at), at + ((byte(packet, at + 1) or 0) + 2) * 4
        elif proto in _CHAINED:
            proto, at = byte(packet, at), at + ((byte(packet, at + 1) or 0) + 1) * 8
        else:
            return proto, at, frag_off
    return None, at, frag_off


def jumbo_payload(packet: bytes) -> int | None:
    """Return the payload length of a jumbogram (RFC 2675 §2), or None."""
    size = byte(packet, FIXED_LEN + 1)
    if byte(packet, 6) != HOP_BY_HOP or size is None:
        return None
    options = pieces(packet, FIXED_LEN + 2, size * 8 + 6)
    at = 0
    while options and at < len(options):
        if options[at] == JUMBO and byte(options, at + 1) == 4:
            return u32(options, at + 2)
        at += 1 if options[at] == 0 else 2 + (byte(options, at + 1) or 0)
    return None
