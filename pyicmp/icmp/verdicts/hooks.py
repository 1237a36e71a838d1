"""The hooks that bear witness to what becomes of echo requests: docs/why.md."""

from __future__ import annotations

from functools import partial

from pyicmp.icmp.hooks import Hook, by_fexit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

__all__ = ["PERHAPS", "hooks"]


_judging = partial(by_fexit, "verdict")

# It can be had by a tracepoint alone, and all the others be done without.
FREED = Hook(
    "kfree_skb",
    dict.fromkeys(("fexit", "tracepoint"), ("kfree_skb_verdict", "tracepoint")),
    "what is dropped before ICMP gets it, and where",
)
# What opens a window comes last: when all that looks into it is there.
VERDICT = {
    4: (
        _judging("icmp_rcv", "fexit", "verdicts on IPv4"),
        _judging("ip_push_pending_frames", "fexit", "whether IPv4 replies were refused"),
        _judging("ip_push_pending_frames", "fentry", "how late IPv4 replies are"),
        _judging("ip_route_output_flow", "fexit", "whether there is a route back for IPv4"),
    ),
    6: (
        _judging("icmpv6_rcv", "fexit", "verdicts on IPv6"),
        _judging("ip6_push_pending_frames", "fexit", "whether IPv6 replies were refused"),
        _judging("ip6_push_pending_frames", "fentry", "how late IPv6 replies are"),
        _judging("ip6_dst_lookup", "fexit", "whether there is a route back for IPv6"),
    ),
}
# Only some kernels have it; there icmp_global_allow may be inlined in it.
VERDICT_LIMIT = _judging("icmpv4_global_allow", "fexit", "")
PERHAPS = (VERDICT_LIMIT.name,)
VERDICT_BOTH = (
    _judging(
        "icmp_global_allow",
        "fexit",
        "which replies the global limit held back, where the kernel does not count them",
    ),
    _judging("inet_peer_xrlim_allow", "fexit", "which replies the limit per host held back"),
    FREED,
)
VERDICT_OPENS = {
    4: _judging("icmp_rcv", "fentry", "verdicts on IPv4"),
    6: _judging("icmpv6_rcv", "fentry", "verdicts on IPv6"),
}


def hooks(families: frozenset[int], known: Container[str]) -> list[Hook]:
    """
    Return the hooks that tell what becomes of echo requests.

    Args:
        families: 4, 6 or both.
        known: Functions that the kernel has, of those in ``PERHAPS``.
    """
    chosen = sorted(families)
    found = [hook for family in chosen for hook in VERDICT[family]]
    if VERDICT_LIMIT.name in known:
        found.append(VERDICT_LIMIT)
    return [*found, *VERDICT_BOTH, *(VERDICT_OPENS[family] for family in chosen)]
