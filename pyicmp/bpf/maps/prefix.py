"""Keys of longest-prefix-match tries, as networks of :mod:`ipaddress`."""

from __future__ import annotations

import sys
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_network,
)

from pyicmp.bpf.maps.codec import Typed
from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.bpf.btf.unpack import Buffer

    Network = IPv4Network | IPv6Network

__all__ = ["Prefix", "is_prefix"]


def is_prefix(layout: Layout) -> bool:
    """
    Tell whether a struct is ``{ __u32 prefixlen; ADDRESS; }``.

    The address is 4 or 16 bytes: ``__u8[]``, ``__u32``, ``__be32[]``, ``in_addr``, ``in6_addr``.
    """
    if len(layout.fields) != 2:
        return False
    length, address = layout.fields
    if (length.offset, length.size, length.shape.kind) != (0, 4, "int") or length.bit_size:
        return False
    if address.offset != 4 or address.size not in (4, 16) or layout.size != 4 + address.size:
        return False
    shape = address.shape
    if shape.kind == "struct":
        return shape.type.name == "in_addr"
    return shape.kind == "bytes" or (shape.kind == "int" and shape.size == 4)


class Prefix(Typed):
    """A network; an address stands for the network of itself alone."""

    __slots__ = ()

    def __init__(self, layout: Layout, what: str) -> None:
        super().__init__(layout, what)
        self.unpack = self._network  # type: ignore[method-assign]

    def pack(self, value: Any) -> bytes:
        """Return the bytes of a network, an address, or text that reads as either."""
        if isinstance(value, (IPv4Interface, IPv6Interface)):
            value = value.network
        elif isinstance(value, (str, IPv4Address, IPv6Address)):
            try:
                value = ip_network(value)
            except ValueError as error:
                raise UsageError(f"{self.what}: {error}", "give a network") from None
        if not isinstance(value, (IPv4Network, IPv6Network)):
            return super().pack(value)
        if value.max_prefixlen != 8 * (self.size - 4):
            version = 4 if self.size == 8 else 6
            raise UsageError(f"{self.what}: {value} given", f"it takes IPv{version} networks")
        return value.prefixlen.to_bytes(4, sys.byteorder) + value.network_address.packed

    def _network(self, buffer: Buffer, at: int) -> Network:
        length = int.from_bytes(buffer[at : at + 4], sys.byteorder)
        address = bytes(buffer[at + 4 : at + self.size])
        return (IPv4Network if self.size == 8 else IPv6Network)((address, length), strict=False)
