"""The hooks that tell where the time of a round trip goes: docs/rtt.md."""

from __future__ import annotations

from functools import partial

from pyicmp.icmp.hooks import Hook, by_fexit

__all__ = ["hooks"]

_NONE = "where the time went"


_splitting = partial(by_fexit, "split")

SPLIT = {
    4: (
        _splitting("ping_v4_sendmsg", "fentry", "where the time of IPv4 ping sockets goes"),
        _splitting("raw_sendmsg", "fentry", "where the time of IPv4 raw sockets goes"),
        _splitting("ip_push_pending_frames", "fentry", "where the time of IPv4 goes"),
    ),
    6: (
        _splitting("ping_v6_sendmsg", "fentry", "where the time of IPv6 ping sockets goes"),
        _splitting("rawv6_sendmsg", "fentry", "where the time of IPv6 raw sockets goes"),
        _splitting("ip6_push_pending_frames", "fentry", "where the time of IPv6 goes"),
    ),
}
SPLIT_BOTH = (
    _splitting("net_dev_start_xmit", "tracepoint", _NONE),
    _splitting("netif_rx", "tracepoint", "how long replies wait in the backlog (said of wire)"),
    _splitting("netif_receive_skb", "tracepoint", "where the time goes, by devices with NAPI"),
    _splitting("__sock_queue_rcv_skb", "fentry", _NONE),
    _splitting("skb_recv_datagram", "fexit", _NONE),
)


def hooks(families: frozenset[int]) -> list[Hook]:
    """
    Return the hooks that a split takes, beside those that see the messages themselves.

    Args:
        families: 4, 6 or both.
    """
    return [*(hook for family in sorted(families) for hook in SPLIT[family]), *SPLIT_BOTH]
