"""What the kernel frees as if it were dropped, and is not: told by where it is freed, and why."""

from __future__ import annotations

__all__ = ["Freed", "is_false_alarm"]

# Functions that get copies for sniffers: what they free is not the message.
TAPS = frozenset({
    *("raw_rcv", "raw_rcv_skb", "rawv6_rcv", "rawv6_rcv_skb", "raw_local_deliver"),
    *("packet_rcv", "packet_rcv_spkt", "packet_rcv_fanout", "tpacket_rcv"),
})  # fmt: skip
# A socket is closed, and with it what it has not read.
CLOSING = frozenset({"inet_sock_destruct", "skb_errqueue_purge", "packet_sock_destruct"})
# For another host, or for a group that this host has not joined.
OTHERS_REASONS = frozenset({"OTHERHOST", "IPV6_NDISC_NS_OTHERHOST"})
OTHERS_GROUPS = {4: ("ip_rcv_finish_core", 0xE0, 0xF0), 6: ("ip6_mc_input", 0xFF, 0xFF)}
# ICMP itself. Where the IPv6 one frees without a reason it has done its work.
ICMP = frozenset({"icmp_rcv", "icmpv6_rcv", "ping_rcv"})
COPY_CLONED, COPY_QUEUED = 1, 2  # enum icmp_copy (bpf/event.h)
REPLIES = {4: 0, 6: 129}


class Freed:
    """
    A message that was freed, as far as that tells a drop from a false alarm.

    Attributes:
        function: Where, without the offset; None if it was not freed, or that is not told.
        reason: The kernel's drop reason; None if it gives none.
        family: 4 or 6.
        type: Its ICMP type.
        dst: Its destination, 4 or 16 bytes.
        copy: One of ``enum icmp_copy``.
    """

    __slots__ = ("copy", "dst", "family", "function", "reason", "type")

    def __init__(
        self,
        function: str | None,
        reason: str | None,
        family: int,
        type: int,  # noqa: A002 - what it is
        dst: bytes,
        copy: int,
    ) -> None:
        self.function, self.reason, self.family = function, reason, family
        self.type, self.dst, self.copy = type, dst, copy


def is_false_alarm(freed: Freed, sees_copies: bool) -> bool:
    """
    Tell whether it was no drop.

    Args:
        freed: What was freed.
        sees_copies: Whether a hook tells what sockets are given; else all that was ever cloned
            may have been.
    """
    function = freed.function
    if function in TAPS or function in CLOSING or freed.reason in OTHERS_REASONS:
        return True
    where, first, mask = OTHERS_GROUPS[freed.family]
    if function == where and freed.dst[0] & mask == first and not freed.reason:
        return True
    if function == "icmpv6_rcv" and not freed.reason:
        return True
    if function not in ICMP or freed.type != REPLIES[freed.family]:
        return False
    return freed.copy == COPY_QUEUED or (freed.copy == COPY_CLONED and not sees_copies)
