"""From evidence to an effect: the first rule that fits decides (docs/effects.md)."""

from __future__ import annotations

from pyicmp.icmp.effects.effect import Effect, is_too_big

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.icmp.effects.effect import Mtus
    from pyicmp.icmp.event import IcmpEvent

    # An effect's name, and its reason.
    Found = tuple[str, str | None]

__all__ = ["Evidence", "judge", "untold"]

NO_PMTU_DISC = "net.ipv4.ip_no_pmtu_disc"
SOURCE_QUENCH = 4
ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
RECVERR = {4: "IP_RECVERR", 6: "IPV6_RECVERR"}
# What the kernel calls fatal: a connected socket hears of it unasked (net/ipv4/icmp.c,
# icmp_err_convert; net/ipv6/icmp.c, tab_unreach). Parameter problems are, with any code.
FATAL = {4: {(3, code) for code in (2, 3, 4, 6, 7, 8, 9, 10, 13, 14, 15)}, 6: {(1, 1), (1, 4)}}
FATAL[6] |= {(1, 5), (1, 6), (2, 0)}
PARAMETER_PROBLEM = {4: 12, 6: 4}


class Evidence:
    """
    What was seen while the kernel had an error.

    Args:
        marks: Names of ``enum icmp_evidence`` (bpf/event.h), in lower case.
        delivered: The errno that a socket was given, or 0.
        queued: The errno that went to an error queue, or 0.
        socket_mtu: The socket's path MTU before and after; None: not touched.
        route_mtu: The route's.
        no_pmtu_disc: The setting of that name.
        sockets: How many sockets were reached.
        counted: Whether the kernel's own counters were read.
    """

    __slots__ = (
        *("counted", "delivered", "marks", "no_pmtu_disc", "queued", "route_mtu", "socket_mtu"),
        "sockets",
    )

    def __init__(
        self,
        marks: frozenset[str],
        *,
        delivered: int = 0,
        queued: int = 0,
        socket_mtu: Mtus | None = None,
        route_mtu: Mtus | None = None,
        no_pmtu_disc: int = 0,
        sockets: int = 0,
        counted: bool = True,
    ) -> None:
        self.marks, self.delivered, self.queued = marks, delivered, queued
        self.socket_mtu, self.route_mtu = socket_mtu, route_mtu
        self.no_pmtu_disc, self.sockets, self.counted = no_pmtu_disc, sockets, counted


def judge(error: IcmpEvent, seen: Evidence) -> Effect:
    """
    Return what an error did.

    Args:
        error: The error, as it came in.
        seen: The evidence.
    """
    rules = (_told, _refused_by_tcp, _not_delivered, _nobody, _untold_of_mtu, _untold)
    found = _reduced(error, seen)
    for rule in rules:
        found = found or rule(error, seen)
    name, reason = found or ("unknown", None)
    ignored_by_sysctl = name == "ignored" and error.type != SOURCE_QUENCH
    return Effect.of(
        error=error,
        effect=name,
        reason=reason,
        errno=seen.delivered or None,
        queued=seen.queued or None,
        socket_mtu=seen.socket_mtu,
        route_mtu=seen.route_mtu,
        sysctl=f"{NO_PMTU_DISC}={seen.no_pmtu_disc}" if ignored_by_sysctl else None,
        sockets=seen.sockets,
    )


def untold(error: IcmpEvent) -> str:
    """Return why a socket that an error reached did not give it to its program."""
    by_option = f"no {RECVERR[error.family]}"
    if _protocol(error) != UDP:
        return f"{by_option}; raw sockets read it as data"
    kind = error.type, error.code
    fatal = kind in FATAL[error.family] or error.type == PARAMETER_PROBLEM[error.family]
    return f"not connected, {by_option}" if fatal else by_option


def _protocol(error: IcmpEvent) -> int | None:
    return error.inner.proto if error.inner else None


def _reduced(error: IcmpEvent, seen: Evidence) -> Found | None:
    mtus = [mtus for mtus in (seen.socket_mtu, seen.route_mtu) if mtus]
    if not any(before > after for before, after in mtus):
        return None
    if "no_socket" in seen.marks:
        return "mtu_reduced", "no matching socket"
    told = seen.delivered or seen.queued or _protocol(error) == TCP
    return "mtu_reduced", None if told else untold(error)


def _told(error: IcmpEvent, seen: Evidence) -> Found | None:
    if seen.delivered:
        return "delivered", None
    return ("queued", None) if seen.queued and _protocol(error) != TCP else None


def _refused_by_tcp(error: IcmpEvent, seen: Evidence) -> Found | None:
    """A socket that connects queues each error, and has it delivered too unless it is busy."""
    if "out_of_window" in seen.marks:
        return "out_of_window", None
    busy = "busy" in seen.marks or (seen.queued and _protocol(error) == TCP)
    return ("soft_error", "the socket was busy") if busy else None


def _not_delivered(error: IcmpEvent, seen: Evidence) -> Found | None:
    if "redirected" in seen.marks:
        return "redirected", None
    if "delivered" in seen.marks:
        return None
    if is_too_big(error) and error.family == 4 and seen.no_pmtu_disc in (2, 3):
        return "ignored", None
    return ("malformed", None) if "in_error" in seen.marks else ("not_delivered", None)


def _nobody(error: IcmpEvent, seen: Evidence) -> Found | None:
    by_count = "in_error" in seen.marks and "socket" not in seen.marks
    if "no_socket" in seen.marks or by_count:
        return "no_socket", None
    if "no_handler" in seen.marks:
        return "no_handler", None
    if error.family == 4 and error.type == SOURCE_QUENCH:
        return "ignored", "source quench, RFC 6633"
    return None


def _untold_of_mtu(error: IcmpEvent, seen: Evidence) -> Found | None:
    """The route is looked at unless TCP's socket is busy, or the socket wants no path MTU."""
    if not is_too_big(error):
        return None
    protocol, looked_at = _protocol(error), "route" in seen.marks
    if protocol == TCP:
        return ("mtu_known" if looked_at else "deferred"), None
    # IPv6 looks no further if the MTU is no smaller.
    if looked_at or (error.family == 6 and (seen.sockets or protocol != UDP)):
        return "mtu_known", untold(error)
    return ("mtu_refused", None) if protocol == UDP else None


def _untold(error: IcmpEvent, seen: Evidence) -> Found | None:
    protocol = _protocol(error)
    if protocol in (ICMP, ICMPV6):
        return "not_told", untold(error)
    if protocol not in (TCP, UDP):
        return "handed_on", None
    if not seen.counted and "socket" not in seen.marks:
        return None
    return ("soft_error", None) if protocol == TCP else ("not_told", untold(error))
