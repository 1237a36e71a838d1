"""
What the kernel frees as if it were dropped, and is not: told by where it is freed, and why.

What a socket has got, so most of it, is told already where it is freed (bpf/delivered.h).
"""

from __future__ import annotations

__all__ = ["is_false_alarm"]

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


def is_false_alarm(function: str | None, reason: str | None, family: int, first: int) -> bool:
    """
    Tell whether a message that is said to be dropped was not.

    Args:
        function: Where it was freed, without the offset; None: it was not, or that is not told.
        reason: The kernel's drop reason; None if it gave none.
        family: The message's: 4 or 6.
        first: The first byte of its destination.
    """
    if function in TAPS or function in CLOSING or reason in OTHERS:
        return True
    where, groups = GROUPS[family]
    return not reason and (function == ICMPV6 or (function == where and first in groups))
