"""``Effect``: one ICMP error, and what it did on this host, immutable."""

from __future__ import annotations

import errno
from operator import itemgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pyicmp.icmp.event import IcmpEvent

    Mtus = tuple[int, int]

__all__ = ["EFFECTS", "Effect", "errno_name", "is_too_big"]

FIELDS = (
    *("error", "effect", "reason", "errno", "queued", "socket_mtu", "route_mtu", "sysctl"),
    *("sockets", "later_ns"),
)
_AT = {name: number for number, name in enumerate(FIELDS)}

#: What an error can do; None stands for what was not looked at. docs/effects.md has the words.
EFFECTS = (
    *("mtu_reduced", "mtu_known", "mtu_refused", "deferred", "delivered", "queued", "not_told"),
    *("soft_error", "no_socket", "no_handler", "handed_on", "out_of_window", "ignored"),
    *("redirected", "malformed", "not_delivered", "unknown", "sent", "forwarded"),
)
FRAG_NEEDED, PACKET_TOO_BIG = (3, 4), 2


def _column(name: str) -> Any:
    return property(itemgetter(_AT[name]))


class Effect(tuple):  # type: ignore[type-arg]  # its columns are typed one by one below
    """
    What one ICMP error did.

    Example:
        >>> for effect in tracer:  # doctest: +SKIP
        ...     print(effect.error.src, effect.error.inner, effect.error.comm, effect.effect)
    """

    __slots__ = ()

    #: The error; its owner is whose socket it concerns.
    error: IcmpEvent = _column("error")
    #: One of ``EFFECTS``; None where this kernel lets nobody see it.
    effect: str | None = _column("effect")
    #: Why, in a few words; None if the effect says it all.
    reason: str | None = _column("reason")
    #: The errno that a call on the socket returns next; None: none was delivered.
    errno: int | None = _column("errno")
    #: The errno that was put on a socket's error queue (IP_RECVERR); None: none was.
    queued: int | None = _column("queued")
    #: The TCP socket's path MTU before and after, bytes; None: not seen.
    socket_mtu: Mtus | None = _column("socket_mtu")
    #: The route's path MTU before and after, bytes; None: not seen.
    route_mtu: Mtus | None = _column("route_mtu")
    #: The setting that decided, with its value: ``net.ipv4.ip_no_pmtu_disc=2``; None: none did.
    sysctl: str | None = _column("sysctl")
    #: How many sockets it reached, as far as hooks see sockets.
    sockets: int = _column("sockets")
    #: How long after the error this came, ns; None: at once.
    later_ns: int | None = _column("later_ns")

    @classmethod
    def of(cls, **values: object) -> Effect:
        """Return an effect with these columns; those not given are None, or 0."""
        given = {"sockets": 0, **values}
        return cls(given.get(name) for name in FIELDS)

    @property
    def mtu(self) -> Mtus | None:
        """The path MTU before and after, bytes: the socket's, else the route's."""
        return self.socket_mtu or self.route_mtu


def is_too_big(error: IcmpEvent) -> bool:
    """Tell whether an error carries a path MTU (RFC 1191, RFC 8201)."""
    if error.family == 6:
        return error.type == PACKET_TOO_BIG
    return (error.type, error.code) == FRAG_NEEDED


def errno_name(number: int) -> str:
    """Return an errno's name, as ``ECONNREFUSED``; else its number."""
    return errno.errorcode.get(number, str(number))
