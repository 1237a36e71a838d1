"""``IcmpEvent``: one ICMP message as it passed a hook, immutable."""

from __future__ import annotations

from operator import itemgetter

from pyicmp.icmp.types import ECHO, QUERIES, code_name, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

__all__ = ["RECORD_FIELDS", "IcmpEvent"]

# The members of struct icmp_event (bpf/icmp.bpf.c) that an event begins with, in this order.
RECORD_FIELDS = (
    "boot_ns",
    "src",
    "dst",
    "ifname",
    "ifindex",
    "netns",
    "ip_len",
    "icmp_len",
    "header",
    "rest",
    "frag_off",
    "more_frags",
    "family",
    "protocol",
    "ttl",
    "type",
    "code",
)
AF_INET = 2
FRAG_NEEDED = (3, 4)
REDIRECT = 5


def _column(index: int) -> Any:
    return property(itemgetter(index))


class IcmpEvent(tuple):  # type: ignore[type-arg]  # its columns are typed one by one below
    """
    One ICMP message; made by the decoder.

    What a message does not have, or what could not be read, is None: ``header`` tells which.

    Example:
        >>> for event in tracer:  # doctest: +SKIP
        ...     print(event.time, event.src, event.type_name, event.seq)
    """

    __slots__ = ()

    #: Time since boot, suspend included (CLOCK_BOOTTIME), ns.
    boot_ns: int = _column(0)
    #: Source address, 16 bytes in network order; an IPv4 address fills the first 4.
    src_bytes: bytes = _column(1)
    #: Destination address, likewise.
    dst_bytes: bytes = _column(2)
    #: Interface name at that time, as the kernel has it: any bytes but ``/`` and white space.
    ifname: bytes = _column(3)
    #: Interface index.
    ifindex: int = _column(4)
    #: Inode of the interface's network namespace.
    netns: int = _column(5)
    #: Length of the IP packet (or fragment), bytes.
    ip_len: int = _column(6)
    #: Length of the ICMP message in it, header included, bytes.
    icmp_len: int = _column(7)
    #: Offset of a fragment, bytes.
    frag_off: int = _column(10)
    #: 1 if more fragments follow.
    more_frags: int = _column(11)
    #: IP protocol number: 1 is ICMP (RFC 792).
    protocol: int = _column(13)
    #: Time to live, as received.
    ttl: int = _column(14)
    #: Wall-clock time, Unix, ns.
    ts_ns: int = _column(17)
    #: The kernel function or tracepoint that it was seen at.
    hook: str = _column(18)
    #: ``in`` or ``out``: which way it passed this host's edge.
    direction: str = _column(19)
    #: Why the ICMP header could not be read: ``fragment`` (not the first), ``nonlinear``,
    #: ``truncated``; None if it was read.
    header_absent: str | None = _column(20)
    #: Records lost between the one before and this one.
    lost_before: int = _column(21)

    @property
    def family(self) -> int:
        """IP version: 4 or 6."""
        return 4 if self[12] == AF_INET else 6

    @property
    def src(self) -> str:
        """Source address as text."""
        return self._address(self[1])

    @property
    def dst(self) -> str:
        """Destination address as text."""
        return self._address(self[2])

    def _address(self, raw: bytes) -> str:
        if self[12] == AF_INET:
            return "%d.%d.%d.%d" % (raw[0], raw[1], raw[2], raw[3])
        from ipaddress import IPv6Address  # not needed by a host that only speaks IPv4

        return str(IPv6Address(raw))

    @property
    def time(self) -> datetime:
        """Wall-clock time in the local zone, to the microsecond."""
        from datetime import datetime, timezone

        return datetime.fromtimestamp(self.ts_ns / 1e9, timezone.utc).astimezone()

    @property
    def type(self) -> int | None:
        """ICMP type."""
        return None if self[20] else self[15]

    @property
    def code(self) -> int | None:
        """ICMP code."""
        return None if self[20] else self[16]

    @property
    def type_name(self) -> str | None:
        """The type's short name, as ``echo-request``."""
        return None if self[20] else type_name(self.family, self[15])

    @property
    def code_name(self) -> str | None:
        """The code's short name, as ``port`` for a type ``unreachable``."""
        return None if self[20] else code_name(self.family, self[15], self[16])

    @property
    def id(self) -> int | None:
        """Identifier of a query or its reply."""
        return self[9] >> 16 if self._is(QUERIES) else None

    @property
    def seq(self) -> int | None:
        """Sequence number of a query or its reply."""
        return self[9] & 0xFFFF if self._is(QUERIES) else None

    @property
    def mtu(self) -> int | None:
        """Next-hop MTU of a fragmentation-needed message (RFC 1191), bytes."""
        return self[9] & 0xFFFF if (self.type, self.code) == FRAG_NEEDED else None

    @property
    def gateway(self) -> str | None:
        """Gateway address of a redirect."""
        return self._address(self[9].to_bytes(4, "big")) if self.type == REDIRECT else None

    @property
    def is_echo(self) -> bool:
        """Whether it is an echo request or an echo reply."""
        return self._is(ECHO)

    def _is(self, types: dict[int, frozenset[int]]) -> bool:
        return not self[20] and self[15] in types[self.family]
