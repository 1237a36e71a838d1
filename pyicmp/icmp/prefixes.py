"""Address prefixes for the kernel's filter: IPv6, or IPv4 as ``::ffff:a.b.c.d``."""

from __future__ import annotations

import ipaddress

from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Prefix", "Span", "is_ipv4", "mask_of", "parse_prefix", "role_spans"]

MAPPED = bytes(10) + b"\xff\xff"
IPV4_BITS = 96
ADDRESS_BITS = 128
LAST = (1 << ADDRESS_BITS) - 1
IPV4_FIRST = int.from_bytes(MAPPED + bytes(4), "big")  # IPv4 is no part of ::/0
IPV4_END = IPV4_FIRST + (1 << ADDRESS_BITS - IPV4_BITS)

# An address, 16 bytes, and how many of its bits count.
Prefix = tuple[bytes, int]
# An address as a number, and the roles of all addresses from it on, up to the next span's.
Span = tuple[int, int]


def parse_prefix(text: str) -> Prefix:
    """
    Parse an address or a prefix.

    Raises:
        UsageError: It is neither.

    Example:
        >>> parse_prefix("10.1.2.3/8")[0].hex(), parse_prefix("10.0.0.0/8")[1]
        ('00000000000000000000ffff0a000000', 104)
    """
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise UsageError(f"{text!r} is no address", "", "such as 10.0.0.1 or fe80::/10") from None
    if network.version == 4:
        return MAPPED + network.network_address.packed, IPV4_BITS + network.prefixlen
    return network.network_address.packed, network.prefixlen


def mask_of(bits: int) -> bytes:
    """Return the 16 bytes whose first *bits* bits are set."""
    return (((1 << bits) - 1) << (ADDRESS_BITS - bits)).to_bytes(16, "big")


def role_spans(prefixes: Iterable[tuple[Prefix, int]]) -> list[Span]:
    """
    Return where the roles of addresses change, ascending, from ``::`` on.

    They are a power of two: if need be, the last address of all repeats what the one before says.

    Args:
        prefixes: Each with its role, one bit of ``enum address_role``.

    Example:
        >>> spans = role_spans([(parse_prefix("fe80::/10"), 2)])
        >>> [(hex(first >> 112), roles) for first, roles in spans]
        [('0x0', 0), ('0xfe80', 2), ('0xfec0', 0), ('0xffff', 0)]
    """
    changes: dict[int, list[int]] = {0: []}
    for prefix, role in prefixes:
        for first, end in _ranges(prefix):
            changes.setdefault(first, []).append(role)
            changes.setdefault(end, []).append(-role)
    covered: dict[int, int] = {}
    spans = []
    for first in sorted(changes):
        for role in changes[first]:
            covered[abs(role)] = covered.get(abs(role), 0) + (1 if role > 0 else -1)
        spans.append((first, sum(role for role, times in covered.items() if times)))
    if spans[-1][0] > LAST:
        del spans[-1]
    return spans + [(LAST, spans[-1][1])] * ((1 << (len(spans) - 1).bit_length()) - len(spans))


def _ranges(prefix: Prefix) -> list[tuple[int, int]]:
    """Return a prefix's first address, and that after its last: twice, if IPv4 lies between."""
    address, length = prefix
    first = int.from_bytes(address, "big")
    end = first + (1 << ADDRESS_BITS - length)
    if is_ipv4(prefix) or not first <= IPV4_FIRST < end:
        return [(first, end)]
    return [(first, IPV4_FIRST), (IPV4_END, end)]


def is_ipv4(prefix: Prefix) -> bool:
    """Tell whether a prefix is of IPv4 addresses."""
    return prefix[1] >= IPV4_BITS and prefix[0].startswith(MAPPED)
