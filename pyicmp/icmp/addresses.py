"""Address prefixes for the kernel's filter: IPv6, or IPv4 as ``::ffff:a.b.c.d``."""

from __future__ import annotations

import ipaddress

from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable

__all__ = ["Prefix", "is_ipv4", "mask_of", "parse_prefix", "roles_by_prefix"]

MAPPED = bytes(10) + b"\xff\xff"
IPV4_BITS = 96

# An address, 16 bytes, and how many of its bits count.
Prefix = tuple[bytes, int]
IPV4: Prefix = (MAPPED + bytes(4), IPV4_BITS)


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
        raise UsageError(
            f"{text!r} is no address", "", "give one as 10.0.0.1, 10.0.0.0/8 or fe80::/10"
        ) from None
    if network.version == 4:
        return MAPPED + network.network_address.packed, IPV4_BITS + network.prefixlen
    return network.network_address.packed, network.prefixlen


def mask_of(bits: int) -> bytes:
    """Return the 16 bytes whose first *bits* bits are set."""
    return (((1 << bits) - 1) << (128 - bits)).to_bytes(16, "big")


def roles_by_prefix(prefixes: Iterable[tuple[Prefix, int]]) -> dict[Prefix, int]:
    """
    Return each prefix with the roles of all prefixes that cover it.

    A trie finds the longest prefix only, so that one must know what the shorter ones say. IPv4 is
    no part of ``::/0``: it has an entry of its own, which no role of IPv6's reaches.

    Args:
        prefixes: Each with its role, one bit of ``enum address_role``.
    """
    roles: dict[Prefix, int] = {IPV4: 0}
    for prefix, role in prefixes:
        roles[prefix] = roles.get(prefix, 0) | role
    for prefix in sorted(roles, key=lambda prefix: prefix[1]):
        cover = _longest_cover(prefix, roles)
        if cover:
            roles[prefix] |= roles[cover]
    return roles


def _longest_cover(prefix: Prefix, known: Container[Prefix]) -> Prefix | None:
    """Return the longest of the known prefixes of the same family that cover this one."""
    address, length = prefix
    number = int.from_bytes(address, "big")
    shortest = IPV4_BITS if is_ipv4(prefix) else 0
    for shorter in range(length - 1, shortest - 1, -1):
        cut = (number >> (128 - shorter) << (128 - shorter)).to_bytes(16, "big"), shorter
        if cut in known:
            return cut
    return None


def is_ipv4(prefix: Prefix) -> bool:
    """Tell whether a prefix is of IPv4 addresses."""
    return prefix[1] >= IPV4_BITS and prefix[0].startswith(MAPPED)
