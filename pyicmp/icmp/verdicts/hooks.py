"""The hooks that bear witness to what becomes of echo requests: docs/why.md."""

from __future__ import annotations

from pyicmp.icmp.hooks import Hook

__all__ = ["hooks"]


def _judging(name: str, suffix: str, loses: str, instead: Hook | None = None) -> Hook:
    return Hook(name, {"fexit": (f"{name}_verdict", suffix)}, loses, instead)


_LIMIT = "which replies the global limit held back, where the kernel does not count them"
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
        _judging("icmpv4_global_allow", "fexit", ""),
    ),
    6: (
        _judging("icmpv6_rcv", "fexit", "verdicts on IPv6"),
        _judging("ip6_push_pending_frames", "fexit", "whether IPv6 replies were refused"),
        _judging("ip6_push_pending_frames", "fentry", "how late IPv6 replies are"),
        _judging("ip6_dst_lookup", "fexit", "whether there is a route back for IPv6"),
    ),
}
VERDICT_BOTH = (
    _judging("icmp_global_allow", "fexit", "", _judging("icmp_global_allow", "fexit_0", _LIMIT)),
    _judging("inet_peer_xrlim_allow", "fexit", "which replies the limit per host held back"),
    FREED,
)
VERDICT_OPENS = {
    4: _judging("icmp_rcv", "fentry", "verdicts on IPv4"),
    6: _judging("icmpv6_rcv", "fentry", "verdicts on IPv6"),
}


def hooks(families: frozenset[int]) -> list[Hook]:
    """
    Return the hooks that tell what becomes of echo requests.

    Args:
        families: 4, 6 or both.
    """
    chosen = sorted(families)
    found = [hook for family in chosen for hook in VERDICT[family]]
    return [*found, *VERDICT_BOTH, *(VERDICT_OPENS[family] for family in chosen)]
