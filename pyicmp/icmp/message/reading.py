"""
Reads out of bytes that may end anywhere.

Each returns None where *data* is too short to hold the whole value: what was not captured is not
known, and never zero. Numbers are in network order.
"""

from __future__ import annotations

from pyicmp.icmp.address import ipv4_text, ipv6_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Fields = dict[str, object]

__all__ = [
    *("byte", "domains", "flags", "hexadecimal", "ipv4", "ipv6", "ipv6_list", "known", "pieces"),
    *("prefix", "u16", "u32"),
]


def pieces(data: bytes, at: int, size: int) -> bytes | None:
    """Return *size* bytes at an offset."""
    return data[at : at + size] if at >= 0 and 0 <= size <= len(data) - at else None


def byte(data: bytes, at: int) -> int | None:
    """Return one byte as a number."""
    return data[at] if at < len(data) else None


def u16(data: bytes, at: int) -> int | None:
    """Return a number of 16 bits."""
    return data[at] << 8 | data[at + 1] if at + 2 <= len(data) else None


def u32(data: bytes, at: int) -> int | None:
    """Return a number of 32 bits."""
    return int.from_bytes(data[at : at + 4], "big") if at + 4 <= len(data) else None


def ipv4(data: bytes, at: int) -> str | None:
    """Return an IPv4 address as text."""
    return ipv4_text(data[at : at + 4]) if at + 4 <= len(data) else None


def ipv6(data: bytes, at: int) -> str | None:
    """Return an IPv6 address as text."""
    return ipv6_text(data[at : at + 16]) if at + 16 <= len(data) else None


def ipv6_list(data: bytes, at: int, count: int | None = None) -> list[str]:
    """Return the whole IPv6 addresses from an offset on: *count*, or as many as there are."""
    there = max(0, len(data) - at) // 16
    wanted = there if count is None else min(count, there)
    return [ipv6_text(data[at + 16 * n : at + 16 * n + 16]) for n in range(wanted)]


def hexadecimal(data: bytes, at: int, size: int) -> str | None:
    """Return *size* bytes as hexadecimal digits; None also if there are to be none."""
    found = pieces(data, at, size)
    return found.hex() if found else None


def prefix(data: bytes, at: int, bits: int | None, size: int = 16) -> str | None:
    """Return an IPv6 prefix of *size* bytes, the rest of which is zero, as ``2001:db8::/32``."""
    found = pieces(data, at, size)
    if found is None or bits is None:
        return None
    return f"{ipv6_text(found[:16].ljust(16, bytes(1)))}/{bits}"


def flags(value: int | None, **bits: int) -> Fields:
    """Return for each name whether its bit is set; nothing if the value was not captured."""
    return {} if value is None else {name: bool(value & bit) for name, bit in bits.items()}


def known(**fields: object) -> Fields:
    """Return the fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def domains(data: bytes, at: int) -> list[str]:
    """Return the domain names in *data* (RFC 1035 §3.1, uncompressed) that are whole."""
    return list(_domains(data, at))


def _domains(data: bytes, at: int) -> Iterator[str]:
    from pyicmp.errors import printable

    labels: list[str] = []
    while at < len(data):
        size = data[at]
        label = pieces(data, at + 1, size)
        if size > 63 or label is None:
            return
        at += 1 + size
        if size:
            labels.append(printable(label))
        elif labels:
            yield ".".join(labels)
            labels = []
