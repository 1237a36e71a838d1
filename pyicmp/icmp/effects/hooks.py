"""The hooks that bear witness to what errors do: docs/effects.md."""

from __future__ import annotations

from functools import partial

from pyicmp.icmp.hooks import RECEIVE, SEND, SOCKETS, Hook, by_fexit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

__all__ = ["PERHAPS", "hooks"]


_seeing = partial(by_fexit, "effect")

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
    6: (
        _seeing("icmpv6_rcv", "fexit", "IPv6 errors that come in"),
        _seeing("raw6_icmp_error", "fentry", "whether IPv6 errors reach a protocol"),
        _seeing("tcp_v6_err", "fexit", "whether TCP over IPv6 has a matching socket"),
        _seeing("ip6_sk_update_pmtu", "fentry", "sockets that an IPv6 path MTU concerns"),
        _seeing("rt6_do_update_pmtu", "fentry", "path MTUs of IPv6 routes"),
    ),
}
EFFECT_BOTH = (
    _seeing("sock_queue_err_skb", "fexit", "errors that go to error queues"),
    _seeing("tcp_sync_mss", "fentry", "path MTUs of TCP sockets"),
)
_UDP6 = "whether UDP over IPv6 has a matching socket"
_REPORT = "errors that sockets are given"
# By the symbol that tells which of two a kernel has: that, and the other. Where both can be had,
# one is not called, or they would see each error twice.
EITHER = {
    "__udp6_lib_err": (
        _seeing("__udp6_lib_err", "kretprobe", _UDP6),
        _seeing("udpv6_err", "fexit", _UDP6),
    ),
    "__tracepoint_inet_sk_error_report": (
        _seeing("inet_sk_error_report", "tracepoint", _REPORT),
        _seeing("sock_def_error_report", "fentry", _REPORT),
    ),
}
PERHAPS = tuple(EITHER)
# What opens a window comes last: when all that looks into it is there.
EFFECT_OPENS = {
    4: _seeing("icmp_rcv", "fentry", "IPv4 errors that come in"),
    6: _seeing("icmpv6_rcv", "fentry", "IPv6 errors that come in"),
}


def hooks(families: frozenset[int], directions: str, known: Container[str]) -> list[Hook]:
    """
    Return the hooks that tell what errors do; by ways that let nobody see that, the errors alone.

    Args:
        families: 4, 6 or both.
        directions: ``in``, ``out`` or ``inout``.
        known: Symbols that the kernel has, of those in ``PERHAPS``.
    """
    found: list[Hook] = []
    if "in" in directions:
        chosen = sorted(families)
        found += [hook for family in chosen for hook in EFFECT[family]]
        found += [this if symbol in known else other for symbol, (this, other) in EITHER.items()]
        found += [*EFFECT_BOTH, *(EFFECT_OPENS[family] for family in chosen)]
        found += [_without_effects(RECEIVE[family]) for family in chosen]
    return [*found, SEND, SOCKETS]


def _without_effects(hook: Hook) -> Hook:
    """Return a hook for the ways by which effects are not seen."""
    ways = {way: program for way, program in hook.programs.items() if way != "fexit"}
    return Hook(hook.name, ways, hook.loses)
