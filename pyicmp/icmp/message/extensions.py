"""What a multi-part message adds behind its quote (RFC 4884): MPLS labels, interfaces."""

from __future__ import annotations

from pyicmp.errors import printable
from pyicmp.icmp.address import address_text
from pyicmp.icmp.message.reading import byte, hexadecimal, known, pieces, u16, u32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyicmp.icmp.message.reading import Fields

__all__ = ["objects", "split"]

# What may be extended; where its length field is, and of how many bytes one unit is (§3).
EXTENDED = {4: frozenset({3, 11, 12}), 6: frozenset({1, 3})}
_LENGTH_AT = {4: (5, 4), 6: (4, 8)}
HEADER_LEN = 8
# Senders older than the RFC leave the length zero and quote 128 bytes (§5.5).
LEGACY_QUOTE_LEN = 128
VERSION = 2
_AFI_LEN = {1: 4, 2: 16}
_ROLES = ("incoming", "sub-ip-component", "outgoing", "next-hop")


def split(family: int, kind: int, data: bytes, length: int) -> tuple[int, int | None]:
    """
    Return where an error's quote ends, and where its extension structure begins, if it has one.

    A length that points beyond the message, or at what is no extension structure, is not believed.

    Args:
        family: 4 or 6.
        kind: ICMP type.
        data: The message, as far as it was captured.
        length: Its real length, bytes.
    """
    if kind not in EXTENDED[family] or len(data) < HEADER_LEN:
        return len(data), None
    at, unit = _LENGTH_AT[family]
    claimed = HEADER_LEN + data[at] * unit
    if claimed == HEADER_LEN:
        legacy = HEADER_LEN + LEGACY_QUOTE_LEN
        there = (
            len(data) >= length and u16(data, legacy + 2) and _is_structure(data, legacy, length)
        )
        return (legacy, legacy) if there else (len(data), None)
    if claimed >= len(data):
        return len(data), None
    return (claimed, claimed) if _is_structure(data, claimed, length) else (len(data), None)


def _is_structure(data: bytes, at: int, length: int) -> bool:
    """Return whether version and, if all of it was captured and it has one, checksum are right."""
    if at + 4 > length or at >= len(data) or data[at] >> 4 != VERSION:
        return False
    return len(data) < length or not u16(data, at + 2) or _checksum_is_right(data[at:])


def _checksum_is_right(data: bytes) -> bool:
    padded = data + bytes(len(data) % 2)
    total = sum(padded[0::2]) * 256 + sum(padded[1::2])
    return total % 0xFFFF == 0


def objects(data: bytes, at: int) -> tuple[Fields, ...]:
    """
    Return the objects of the extension structure at an offset, as far as they were captured.

    Each is a dict with ``class``, ``type``, and either ``name`` and its values, or ``data``.
    """
    found: list[Fields] = []
    at += 4
    while (size := u16(data, at)) is not None and size >= 4 and at + 4 <= len(data):
        kind, subtype = data[at + 2], data[at + 3]
        name, read = _CLASSES.get(kind, (None, _unknown))
        entry = known(**{"class": kind, "type": subtype, "name": name})
        entry |= read(subtype, data[at + 4 : at + size], size - 4)
        found.append(entry)
        at += size
    return tuple(found)


def _unknown(_: int, body: bytes, size: int) -> Fields:
    return known(data=hexadecimal(body, 0, size))


def _mpls(_: int, body: bytes, size: int) -> Fields:
    """Read a label stack (RFC 4950 §3, RFC 3032 §2.1)."""
    entries = (u32(body, at) for at in range(0, size - 3, 4))
    return {"labels": [_label(entry) for entry in entries if entry is not None]}


def _label(entry: int) -> Fields:
    bottom, ttl = bool(entry & 0x100), entry & 0xFF
    return {"label": entry >> 12, "exp": entry >> 9 & 7, "bottom": bottom, "ttl": ttl}


def _interface(subtype: int, body: bytes, _: int) -> Fields:
    """Read interface information (RFC 5837 §4): what the C-Type's bits announce, in that order."""
    fields: Fields = {"role": _ROLES[subtype >> 6]}
    at = 0
    if subtype & 8:
        fields |= known(ifindex=u32(body, at))
        at += 4
    if subtype & 4:
        size = _AFI_LEN.get(u16(body, at) or 0)
        if size is None:
            return fields
        fields |= _address(body, at + 4, size)
        at += 4 + size
    if subtype & 2:
        size = byte(body, at) or 0
        fields |= _name(pieces(body, at + 1, size - 1))
        at += max(size, 1)
    return fields | known(mtu=u32(body, at)) if subtype & 1 else fields


def _identified(subtype: int, body: bytes, size: int) -> Fields:
    """Read what identifies the interface that an extended echo asks about (RFC 8335 §2.1)."""
    if subtype == 1:
        return _name(pieces(body, 0, size))
    if subtype == 2:
        return known(ifindex=u32(body, 0))
    if subtype == 3:
        afi = u16(body, 0)
        return known(afi=afi) | _address(body, 4, byte(body, 2) or 0)
    return _unknown(subtype, body, size)


def _pointer(subtype: int, body: bytes, size: int) -> Fields:
    """Read extended information (RFC 8883 §3.2), of which there is one kind."""
    return known(pointer=u32(body, 0)) if subtype == 1 else _unknown(subtype, body, size)


def _address(body: bytes, at: int, size: int) -> Fields:
    raw = pieces(body, at, size)
    return known(address=address_text(raw) if raw and size in (4, 16) else None)


def _name(raw: bytes | None) -> Fields:
    return known(ifname=printable(raw.rstrip(b"\0")) if raw else None)


_CLASSES: dict[int, tuple[str, Callable[[int, bytes, int], Fields]]] = {
    1: ("mpls-label-stack", _mpls),
    2: ("interface-information", _interface),
    3: ("interface-identification", _identified),
    4: ("extended-information", _pointer),
}
