"""The packet that an error or a redirect quotes: as much of it as there is."""

from __future__ import annotations

from pyicmp.icmp.address import address_text
from pyicmp.icmp.message.headers import FIXED_LEN, jumbo_payload, upper_layer
from pyicmp.icmp.message.reading import byte, pieces, u16, u32
from pyicmp.icmp.types import QUERIES, message_text

__all__ = ["PROTOCOLS", "Quote", "quoted"]

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
#: Protocols by the names that a line shows (IANA, Protocol Numbers).
PROTOCOLS = {
    ICMP: "ICMP", 2: "IGMP", 4: "IPIP", TCP: "TCP", UDP: "UDP", 33: "DCCP", 41: "IPv6", 47: "GRE",
    50: "ESP", 51: "AH", ICMPV6: "ICMP6", 88: "EIGRP", 89: "OSPF", 103: "PIM", 112: "VRRP",
    115: "L2TP", 132: "SCTP", 136: "UDPLite",
}  # fmt: skip
# Whose first four bytes are source and destination port.
PORTED = frozenset({TCP, UDP, 33, 132, 136})


def quoted(family: int, data: bytes) -> Quote | None:
    """Return the packet of this IP version that *data* begins with; None if there is none."""
    return Quote(family, data) if data and data[0] >> 4 == family else None


class Quote:
    """
    A quoted packet; whatever the quote is too short for is None.

    Attributes:
        family: IP version: 4 or 6.
        src_bytes: Source address, 4 or 16 bytes in network order.
        dst_bytes: Destination address, likewise.
        proto: Protocol, of IPv6 that after the extension headers.
        len: Length that the packet had, IP header included, bytes.
        ttl: Time to live, or hop limit, when it was refused.
        frag_off: Offset of a fragment, bytes; None also if an IPv6 packet is no fragment.
        sport: Source port of TCP, UDP, UDP-Lite, DCCP, SCTP.
        dport: Destination port, likewise.
        tcp_seq: TCP sequence number.
        type: ICMP type.
        code: ICMP code.
        id: Identifier of an ICMP query or reply.
        seq: Its sequence number.
    """

    __slots__ = (
        *("code", "dport", "dst_bytes", "family", "frag_off", "id", "len", "proto", "seq"),
        *("sport", "src_bytes", "tcp_seq", "ttl", "type"),
    )

    def __init__(self, family: int, packet: bytes) -> None:
        self.family = family
        self.src_bytes: bytes | None = None
        self.dst_bytes: bytes | None = None
        self.proto: int | None = None
        self.len: int | None = None
        self.ttl: int | None = None
        self.frag_off: int | None = None
        self.sport: int | None = None
        self.dport: int | None = None
        self.tcp_seq: int | None = None
        self.type: int | None = None
        self.code: int | None = None
        self.id: int | None = None
        self.seq: int | None = None
        at = self._read_v4(packet) if family == 4 else self._read_v6(packet)
        if at is not None and not self.frag_off:
            self._read_transport(packet[at:])

    def _read_v4(self, packet: bytes) -> int | None:
        """Read the header (RFC 791 §3.1); return where it ends, if it says so credibly."""
        self.len, self.ttl, self.proto = u16(packet, 2), byte(packet, 8), byte(packet, 9)
        fragment = u16(packet, 6)
        self.frag_off = None if fragment is None else (fragment & 0x1FFF) * 8
        self.src_bytes, self.dst_bytes = pieces(packet, 12, 4), pieces(packet, 16, 4)
        header_len = (packet[0] & 15) * 4
        return header_len if header_len >= 20 else None

    def _read_v6(self, packet: bytes) -> int:
        payload_len, self.ttl = u16(packet, 4), byte(packet, 7)
        if payload_len == 0 and byte(packet, 6) == 0:
            payload_len = jumbo_payload(packet)
        self.len = None if payload_len is None else FIXED_LEN + payload_len
        self.src_bytes, self.dst_bytes = pieces(packet, 8, 16), pieces(packet, 24, 16)
        self.proto, at, self.frag_off = upper_layer(packet)
        return at

    def _read_transport(self, data: bytes) -> None:
        if self.proto in PORTED:
            self.sport, self.dport = u16(data, 0), u16(data, 2)
            self.tcp_seq = u32(data, 4) if self.proto == TCP else None
        elif self.proto == (ICMP if self.family == 4 else ICMPV6):
            self.type, self.code = byte(data, 0), byte(data, 1)
            if self.type in QUERIES[self.family]:
                self.id, self.seq = u16(data, 4), u16(data, 6)

    @property
    def src(self) -> str | None:
        """Source address as text."""
        return None if self.src_bytes is None else address_text(self.src_bytes)

    @property
    def dst(self) -> str | None:
        """Destination address as text."""
        return None if self.dst_bytes is None else address_text(self.dst_bytes)

    @property
    def text(self) -> str:
        """It in a few words, as ``TCP 10.8.0.2:51344 > 142.4.200.132:443``."""
        words = ["IP" if self.proto is None else PROTOCOLS.get(self.proto, f"proto-{self.proto}")]
        if self.src is not None:
            words.append(_endpoint(self.src, self.sport))
        if self.dst is not None:
            words += [">", _endpoint(self.dst, self.dport)]
        if self.type is not None and self.code is not None:
            words.append(message_text(self.family, self.type, self.code))
        text = " ".join(words)
        if self.id is not None and self.seq is not None:
            text += f", id {self.id}, seq {self.seq}"
        return f"{text}, offset {self.frag_off}" if self.frag_off else text


def _endpoint(address: str, port: int | None) -> str:
    if port is None:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
