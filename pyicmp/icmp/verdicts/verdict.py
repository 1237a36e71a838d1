"""``Verdict``: what became of one echo request that came in, immutable."""

from __future__ import annotations

import errno
from operator import itemgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pyicmp.icmp.event import IcmpEvent

__all__ = ["OUTCOMES", "SYSCTLS", "Verdict"]

FIELDS = (
    *("request", "outcome", "reply_ns", "at_most", "later", "reason", "location"),
    *("sysctl", "sysctl_value", "errno"),
)
_AT = {name: number for number, name in enumerate(FIELDS)}

#: Names of ``enum icmp_outcome`` (bpf/event.h), in its order.
OUTCOMES = (
    *("unknown", "answered", "ignored", "rate_limited", "dropped", "reply_dropped"),
    *("reply_not_built", "no_route_back", "not_for_us", "no_socket"),
)
#: Settings of ``enum icmp_sysctl``, likewise.
SYSCTLS = (
    None,
    "net.ipv4.icmp_echo_ignore_all",
    "net.ipv4.icmp_echo_ignore_broadcasts",
    "net.ipv6.icmp.echo_ignore_all",
    "net.ipv6.icmp.echo_ignore_multicast",
    "net.ipv6.icmp.echo_ignore_anycast",
    "net.ipv4.icmp_ratelimit",
    "net.ipv6.icmp.ratelimit",
    "net.ipv4.icmp_msgs_per_sec",
)
# Functions that send packets on, or end them when their hop limit does.
FORWARDING = ("ip_forward", "ip6_forward")
GLOBAL_LIMIT = "net.ipv4.icmp_msgs_per_sec"


def _column(name: str) -> Any:
    return property(itemgetter(_AT[name]))


class Verdict(tuple):  # type: ignore[type-arg]  # its columns are typed one by one below
    """
    What became of an echo request.

    Example:
        >>> for verdict in tracer:  # doctest: +SKIP
        ...     print(verdict.request.src, verdict.outcome, verdict.reason)
    """

    __slots__ = ()

    #: The request, as it came to ICMP, or as it was dropped before that.
    request: IcmpEvent = _column("request")
    #: One of ``OUTCOMES``; in a trace ``forwarded`` too: it was seen leaving.
    outcome: str = _column("outcome")
    #: From ICMP's getting the request to IP's getting the reply, ns; None if there was none.
    reply_ns: int | None = _column("reply_ns")
    #: Whether ``reply_ns`` is an upper bound.
    at_most: bool = _column("at_most")
    #: Whether this takes back an ``answered``: the reply was dropped later, in this host.
    later: bool = _column("later")
    #: Why, in a word: the kernel's drop reason, ``host`` or ``global`` for a limit, or the name
    #: of an errno; None if nothing told.
    reason: str | None = _column("reason")
    #: Where the packet was dropped, as ``nft_do_chain+0x1c2``; None if it was not, or not told.
    location: str | None = _column("location")
    #: The sysctl that decided, as ``net.ipv4.icmp_echo_ignore_all``; None if none did.
    sysctl: str | None = _column("sysctl")
    #: Its value then; None if that is not known.
    sysctl_value: int | None = _column("sysctl_value")
    #: The error that looking for a route, or sending, gave; None if it gave none.
    errno: int | None = _column("errno")

    @classmethod
    def of(cls, **values: object) -> Verdict:
        """Return a verdict with these columns; those not given are None, or False."""
        given = {"at_most": False, "later": False, **values}
        return cls(given.get(name) for name in FIELDS)

    @property
    def transit(self) -> bool:
        """Whether it was dropped on its way through this host."""
        return self.outcome == "dropped" and self.request.forwarded

    @property
    def expired(self) -> bool:
        """Whether its hop limit ended in this host, as a traceroute's or in a routing loop."""
        if self.reason not in (None, "IP_INHDR") or self.function not in FORWARDING:
            return False
        return self.transit and (self.request.ttl or 0) <= 1

    @property
    def function(self) -> str | None:
        """The function of ``location``, as the kernel's source calls it."""
        return None if self.location is None else self.location.partition("+")[0].partition(".")[0]

    @property
    def setting(self) -> str | None:
        """The sysctl with its value, as ``net.ipv4.icmp_ratelimit=1000``."""
        if self.sysctl is None or self.sysctl_value is None:
            return self.sysctl
        return f"{self.sysctl}={self.sysctl_value}"


def reason_of(outcome: str, drop: str | None, sysctl: str | None, error: int | None) -> str | None:
    """Return a verdict's reason, in a word."""
    if outcome == "rate_limited":
        return "global" if sysctl == GLOBAL_LIMIT else "host"
    return drop or (errno.errorcode.get(error, str(error)) if error else None)
