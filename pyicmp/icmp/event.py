"""``IcmpEvent``: one ICMP message as it passed a hook, immutable."""

from __future__ import annotations

from operator import itemgetter

from pyicmp.icmp.address import ipv4_text, ipv6_text
from pyicmp.icmp.types import ECHO, ERRORS, QUERIES, code_name, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from pyicmp.icmp.message import Message, Quote
    from pyicmp.icmp.verdicts.verdict import Verdict

__all__ = ["EXTRA_FIELDS", "RECORD_FIELDS", "IcmpEvent"]

# The members of struct icmp_event (bpf/event.h) that an event begins with, in this order.
RECORD_FIELDS = (
    *("boot_ns", "src", "dst", "ifname", "ifindex", "netns", "ip_len", "icmp_len", "header"),
    *("rest", "frag_off", "more_frags", "family", "protocol", "ttl", "type", "code"),
    *(
        "owner.pid",
        "owner.comm",
        "owner.cgroup",
        "owner.kind",
        "owner.socket",
        "rtt_ns",
        "vlan",
        "forwarded",
    ),
    *("hook", "direction", "data_len", "data"),
)
# What the decoder adds to them.
EXTRA_FIELDS = (
    *("ts_ns", "hook_name", "way", "header_absent", "owner_kind", "lost_before", "fate"),
)
AF_INET = 2

_AT = {name: number for number, name in enumerate(RECORD_FIELDS + EXTRA_FIELDS)}
_DST, _REST, _FAMILY, _TTL = _AT["dst"], _AT["rest"], _AT["family"], _AT["ttl"]
_TYPE, _CODE, _ABSENT, _SRC = _AT["type"], _AT["code"], _AT["header_absent"], _AT["src"]
_PID, _COMM, _CGROUP, _KIND = (
    _AT[f"owner{name}"] for name in (".pid", ".comm", ".cgroup", "_kind")
)
_SOCKET = _AT["owner.socket"]
_RTT, _VLAN, _FORWARDED = _AT["rtt_ns"], _AT["vlan"], _AT["forwarded"]
_LEN, _DATA_LEN, _DATA = _AT["icmp_len"], _AT["data_len"], _AT["data"]


def _column(name: str) -> Any:
    return property(itemgetter(_AT[name]))


class IcmpEvent(tuple):  # type: ignore[type-arg]  # its columns are typed one by one below
    """
    One ICMP message; made by the decoder.

    What a message does not have, or what could not be read, is None: ``header_absent`` tells
    which.

    Example:
        >>> for event in tracer:  # doctest: +SKIP
        ...     print(event.time, event.src, event.type_name, event.seq)
    """

    __slots__ = ()

    #: Time since boot, suspend included (CLOCK_BOOTTIME), ns.
    boot_ns: int = _column("boot_ns")
    #: Source address, 16 bytes in network order; an IPv4 address fills the first 4.
    src_bytes: bytes = _column("src")
    #: Destination address, likewise.
    dst_bytes: bytes = _column("dst")
    #: Interface name at that time, as the kernel has it: any bytes but ``/`` and white space.
    ifname: bytes = _column("ifname")
    #: Interface index.
    ifindex: int = _column("ifindex")
    #: Inode of the interface's network namespace.
    netns: int = _column("netns")
    #: Length of the IP packet (or fragment), bytes.
    ip_len: int = _column("ip_len")
    #: Length of the ICMP message in it, header included, bytes.
    icmp_len: int = _column("icmp_len")
    #: Offset of a fragment, bytes.
    frag_off: int = _column("frag_off")
    #: 1 if more fragments follow.
    more_frags: int = _column("more_frags")
    #: IP protocol number: 1 is ICMP (RFC 792), 58 ICMPv6 (RFC 4443).
    protocol: int = _column("protocol")
    #: Wall-clock time, Unix, ns.
    ts_ns: int = _column("ts_ns")
    #: The kernel function or tracepoint that it was seen at.
    hook: str = _column("hook_name")
    #: ``in`` or ``out``: which way it passed this host's edge.
    direction: str = _column("way")
    #: Why the ICMP header could not be read: ``fragment`` (not the first), ``nonlinear``,
    #: ``truncated``; None if it was read.
    header_absent: str | None = _column("header_absent")
    #: Whose it is: ``task``, ``kernel`` (this host's own), or None if that is not known.
    owner_kind: str | None = _column("owner_kind")
    #: Records lost between the one before and this one.
    lost_before: int = _column("lost_before")
    #: What became of an echo request that came in, with all that is known of it; None if nobody
    #: has told.
    fate: Verdict | None = _column("fate")

    @property
    def family(self) -> int:
        """IP version: 4 or 6."""
        return 4 if self[_FAMILY] == AF_INET else 6

    @property
    def src(self) -> str:
        """Source address as text."""
        return (ipv4_text if self[_FAMILY] == AF_INET else ipv6_text)(self[_SRC])

    @property
    def dst(self) -> str:
        """Destination address as text."""
        return (ipv4_text if self[_FAMILY] == AF_INET else ipv6_text)(self[_DST])

    @property
    def time(self) -> datetime:
        """Wall-clock time in the local zone, to the microsecond."""
        from datetime import datetime, timezone

        return datetime.fromtimestamp(self.ts_ns / 1e9, timezone.utc).astimezone()

    @property
    def ttl(self) -> int | None:
        """Time to live or hop limit; None where a hook on the way out comes before it is set."""
        return None if self.direction == "out" and not self[_TTL] else self[_TTL]

    @property
    def vlan(self) -> int | None:
        """802.1Q VLAN id of the tag, or of the interface; None if there is none."""
        return self[_VLAN] or None

    @property
    def socket(self) -> int | None:
        """Inode of the socket that it, or what it answers, was sent by; None if there is none."""
        return self[_SOCKET] or None

    @property
    def verdict(self) -> str | None:
        """What became of an echo request that came in, as ``ignored``; None if nobody has told."""
        return self.fate.outcome if self.fate else None

    @property
    def reason(self) -> str | None:
        """Why, in a word: see ``Verdict.reason``; None if nothing told."""
        return self.fate.reason if self.fate else None

    @property
    def forwarded(self) -> bool:
        """Whether what goes out had come in before, by routing or bridging."""
        return bool(self[_FORWARDED])

    @property
    def pid(self) -> int | None:
        """Process that sent it, or that sent what it answers; 0 is the kernel."""
        return self[_PID] if self[_KIND] else None

    @property
    def comm(self) -> bytes | None:
        """That process's name when it sent, as the kernel has it; ``kernel`` for its own."""
        if self[_KIND] == "kernel":
            return b"kernel"
        return self[_COMM] if self[_KIND] else None

    @property
    def cgroup_id(self) -> int | None:
        """Id of that process's cgroup (v2) when it sent: its folder's inode."""
        return self[_CGROUP] or None

    @property
    def cgroup(self) -> str | None:
        """Path of that cgroup under its mount, as ``/user.slice``; None once it is gone."""
        if not self[_CGROUP]:
            return None
        from pyicmp.icmp.cgroup import cgroup_path

        return cgroup_path(self[_CGROUP])

    @property
    def rtt_ns(self) -> int | None:
        """Time between an echo request's going out and this reply's coming in, ns."""
        return self[_RTT] or None

    @property
    def type(self) -> int | None:
        """ICMP type."""
        return None if self[_ABSENT] else self[_TYPE]

    @property
    def code(self) -> int | None:
        """ICMP code."""
        return None if self[_ABSENT] else self[_CODE]

    @property
    def type_name(self) -> str | None:
        """The type's short name, as ``echo-request``."""
        return None if self[_ABSENT] else type_name(self.family, self[_TYPE])

    @property
    def code_name(self) -> str | None:
        """The code's short name, as ``port`` for a type ``unreachable``."""
        return None if self[_ABSENT] else code_name(self.family, self[_TYPE], self[_CODE])

    @property
    def id(self) -> int | None:
        """Identifier of a query or its reply."""
        return self[_REST] >> 16 if self._is(QUERIES) else None

    @property
    def seq(self) -> int | None:
        """Sequence number of a query or its reply."""
        return self[_REST] & 0xFFFF if self._is(QUERIES) else None

    @property
    def is_echo(self) -> bool:
        """Whether it is an echo request or an echo reply."""
        return self._is(ECHO)

    @property
    def is_error(self) -> bool:
        """Whether it tells of another packet, which it quotes."""
        return self._is(ERRORS)

    def owned_by(self, pid: int, comm: bytes, cgroup_id: int) -> IcmpEvent:
        """Return the same message as that of a process."""
        row = list(self)
        row[_PID], row[_COMM], row[_CGROUP], row[_KIND] = pid, comm, cgroup_id, "task"
        return tuple.__new__(IcmpEvent, row)

    def _is(self, types: dict[int, frozenset[int]]) -> bool:
        return not self[_ABSENT] and self[_TYPE] in types[self.family]

    @property
    def data(self) -> bytes:
        """The message's first bytes, ICMP header included: what was kept of it."""
        data: bytes = self[_DATA]
        return data[: self[_DATA_LEN]]

    @property
    def message(self) -> Message | None:
        """The message, decoded; None if its header could not be read."""
        if self[_ABSENT]:
            return None
        from pyicmp.icmp.message import Message  # a run that prints echoes only needs none of it

        header = bytes((self[_TYPE], self[_CODE], 0, 0)) + self[_REST].to_bytes(4, "big")
        return Message(self.family, self.data or header, self[_LEN])

    @property
    def mtu(self) -> int | None:
        """Next-hop MTU of fragmentation-needed (RFC 1191) or packet-too-big, bytes."""
        return None if self.is_echo or not (message := self.message) else message.mtu

    @property
    def gateway(self) -> str | None:
        """Gateway address of an ICMPv4 redirect."""
        return None if self.is_echo or not (message := self.message) else message.gateway

    @property
    def inner(self) -> Quote | None:
        """The packet that an error or a redirect quotes, as much of it as there is."""
        return None if self.is_echo or not (message := self.message) else message.inner
