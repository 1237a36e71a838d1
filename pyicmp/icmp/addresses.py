"""Address prefixes for the kernel's filter: IPv6, or IPv4 as ``::ffff:a.b.c.d``."""

from __future__ import annotations

import ipaddress

from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Prefix", "parse_prefix", "roles_by_prefix"]

MAPPED = bytes(10) + b"\xff\xff"
IPV4_BITS = 96

# An address, 16 bytes, and how many of its bits count.
Prefix = tuple[bytes, int]


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

    A trie finds the longest prefix only, so that one must know what the shorter ones say.

    Args:
        prefixes: Each with its role, one bit of ``enum address_role``.
    """
    roles: dict[Prefix, int] = {}
    for prefix, role in prefixes:
        roles[prefix] = roles.get(prefix, 0) | role
    lengths = sorted({length for _, length in roles})
    for address, length in sorted(roles, key=lambda prefix: prefix[1]):
        number = int.from_bytes(address, "big")
        for shorter in lengths:
            if shorter >= length:
                break
            cut = (number >> (128 - shorter) << (128 - shorter)).to_bytes(16, "big")
            roles[address, length] |= roles.get((cut, shorter), 0)
    return roles
