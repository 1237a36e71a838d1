"""What the kernel frees as if it were dropped, and is not: told by where it is freed, and why."""

from __future__ import annotations

__all__ = ["COPIES", "is_false_alarm"]

#: Functions whose hook tells what sockets are given.
COPIES = ("sock_queue_rcv_skb_reason", "sock_queue_rcv_skb")
# Functions that get copies for sniffers: what they free is not the message.
TAPS = frozenset({
    *("raw_rcv", "raw_rcv_skb", "rawv6_rcv", "rawv6_rcv_skb", "raw_local_deliver"),
    *("packet_rcv", "packet_rcv_spkt", "packet_rcv_fanout", "tpacket_rcv"),
})  # fmt: skip
# A socket is closed, and with it what nobody has read.
CLOSING = frozenset({"inet_sock_destruct", "packet_sock_destruct", "skb_errqueue_purge"})
# For another host, or for a group that this host has not joined: where, and how it begins.
OTHERS = frozenset({"OTHERHOST", "IPV6_NDISC_NS_OTHERHOST"})
GROUPS = {4: ("ip_rcv_finish_core", range(0xE0, 0xF0)), 6: ("ip6_mc_input", range(0xFF, 0x100))}
# ICMP itself. Where that for IPv6 frees without a reason it has done its work.
ICMPV6 = "icmpv6_rcv"
REQUEST, REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
# Where and why a reply is freed that a raw socket has got, or, once more, that a ping socket had no
# room for; ping_rcv itself frees such a one once.
UNWANTED = {
    **dict.fromkeys((None, "icmp_rcv", ICMPV6), (None, "NO_SOCKET", "SOCKET_RCVBUFF")),
    "ping_rcv": ("NO_SOCKET",),
}
CLONED, QUEUED = 1, 2  # enum icmp_copy (bpf/event.h)


def is_false_alarm(
    function: str | None,
    reason: str | None,
    message: tuple[int, int, int],
    copy: int,
    sees_copies: bool,
) -> bool:
    """
    Tell whether a message that is said to be dropped was not.

    Args:
        function: Where it was freed, without the offset; None: it was not, or that is not told.
        reason: The kernel's drop reason; None if it gave none.
        message: Its family (4, 6), its ICMP type, the first byte of its destination.
        copy: One of ``enum icmp_copy``.
        sees_copies: Whether one of ``COPIES`` is hooked; else whatever has ever been cloned may
            have been for a socket.
    """
    family, kind, first = message
    if function in TAPS or function in CLOSING or reason in OTHERS:
        return True
    where, groups = GROUPS[family]
    if not reason and (function == ICMPV6 or (function == where and first in groups)):
        return True
    copied = copy == QUEUED or (copy == CLONED and not sees_copies)
    if kind == REPLY[family]:
        return copied and reason in UNWANTED.get(function, ())
    return copied and function is None and kind != REQUEST[family]
