"""The hooks that bear witness to what errors do: docs/effects.md."""

from __future__ import annotations

from pyicmp.icmp.hooks import RECEIVE, SEND, SOCKETS, Hook

__all__ = ["hooks"]


def _seeing(name: str, suffix: str, loses: str = "", instead: Hook | None = None) -> Hook:
    return Hook(name, {"fexit": (f"{name}_effect", suffix)}, loses, instead)


_REPORT = "errors that sockets are given"
EFFECT = {
    4: (
        _seeing("icmp_rcv", "fexit", "IPv4 errors that come in"),
        _seeing("raw_icmp_error", "fentry", "whether IPv4 errors reach a protocol"),
        _seeing("tcp_v4_err", "fexit", "whether TCP over IPv4 has a matching socket"),
        _seeing("udp_err", "fexit", "whether UDP over IPv4 has a matching socket"),
        _seeing("ipv4_sk_update_pmtu", "fentry", "sockets that an IPv4 path MTU concerns"),
        _seeing("__ip_rt_update_pmtu", "fentry", "path MTUs of IPv4 routes"),
        _seeing("update_or_create_fnhe", "fentry", "redirects, and min_pmtu of IPv4 routes"),
    ),
    # Of UDP over IPv6 each kernel has one of these two, and the kernel counts as well.
    6: (
        _seeing("icmpv6_rcv", "fexit", "IPv6 errors that come in"),
        _seeing("raw6_icmp_error", "fentry", "whether IPv6 errors reach a protocol"),
        _seeing("tcp_v6_err", "fexit", "whether TCP over IPv6 has a matching socket"),
        _seeing("udpv6_err", "fexit"),
        _seeing("__udp6_lib_err", "kretprobe"),
        _seeing("ip6_sk_update_pmtu", "fentry", "sockets that an IPv6 path MTU concerns"),
        _seeing("rt6_do_update_pmtu", "fentry", "path MTUs of IPv6 routes"),
    ),
}
# The tracepoint also sees sockets with a callback of their own; both would see each error twice.
EFFECT_BOTH = (
    _seeing("sock_queue_err_skb", "fexit", "errors that go to error queues"),
    _seeing(
        "inet_sk_error_report",
        "tracepoint",
        instead=_seeing("sock_def_error_report", "fentry", _REPORT),
    ),
    _seeing("tcp_sync_mss", "fentry", "path MTUs of TCP sockets"),
)
# What opens a window comes last: when all that looks into it is there.
EFFECT_OPENS = {
    4: _seeing("icmp_rcv", "fentry", "IPv4 errors that come in"),
    6: _seeing("icmpv6_rcv", "fentry", "IPv6 errors that come in"),
}


def hooks(families: frozenset[int], directions: str) -> list[Hook]:
    """
    Return the hooks that tell what errors do; by ways that let nobody see that, the errors alone.

    Args:
        families: 4, 6 or both.
        directions: ``in``, ``out`` or ``inout``.
    """
    found: list[Hook] = []
    if "in" in directions:
        chosen = sorted(families)
        found += [hook for family in chosen for hook in EFFECT[family]]
        found += [*EFFECT_BOTH, *(EFFECT_OPENS[family] for family in chosen)]
        found += [_without_effects(RECEIVE[family]) for family in chosen]
    return [*found, SEND, SOCKETS]


def _without_effects(hook: Hook) -> Hook:
    """Return a hook for the ways by which effects are not seen."""
    ways = {way: program for way, program in hook.programs.items() if way != "fexit"}
    return Hook(hook.name, ways, hook.loses)
