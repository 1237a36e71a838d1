"""TCP flows that were told of a path MTU: what their sockets learn later belongs to the error."""

from __future__ import annotations

from pyicmp.icmp.effects.effect import Effect, is_too_big

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.icmp.effects.effect import Mtus
    from pyicmp.icmp.event import IcmpEvent

    # Namespace, local address and port, remote address and port.
    Flow = tuple[int, bytes, int, bytes, int]

__all__ = ["Flows", "flow_of", "flow_of_socket"]

FLOWS_MAX = 4096
TCP = 6
AF_INET = 2
MAPPED = bytes(10) + b"\xff\xff"


class Flows:
    """The last error of each flow, for so many flows; the oldest is forgotten first."""

    def __init__(self) -> None:
        self._errors: dict[Flow, IcmpEvent] = {}
        self._mtus: dict[Flow, int] = {}

    def remember(self, effect: Effect) -> None:
        """Keep an error that carries a path MTU, and what its flow knows by now."""
        flow = flow_of(effect.error) if is_too_big(effect.error) else None
        if flow is None:
            return
        self._errors.pop(flow, None)
        self._errors[flow] = effect.error
        if effect.socket_mtu:
            self._mtus[flow] = effect.socket_mtu[1]
        if len(self._errors) > FLOWS_MAX:
            oldest = next(iter(self._errors))
            del self._errors[oldest]
            self._mtus.pop(oldest, None)

    def known(self, effect: Effect) -> Effect:
        """Return what an error did: that its socket knew the MTU already is known here only."""
        mtu = self._mtus.get(flow_of(effect.error) or (0, b"", 0, b"", 0))
        if effect.effect != "deferred" or not mtu or mtu > (effect.error.mtu or 0):
            return effect
        return Effect.of(error=effect.error, effect="mtu_known", sockets=effect.sockets)

    def later(self, flow: Flow, boot_ns: int, mtus: Mtus) -> Effect | None:
        """
        Return the effect of a flow's last error; None if there was none.

        Args:
            flow: The socket's.
            boot_ns: When it learned.
            mtus: Its path MTU before and after.
        """
        error = self._errors.get(flow)
        if error is None or boot_ns < error.boot_ns:
            return None
        return Effect.of(
            error=error,
            effect="mtu_reduced",
            socket_mtu=mtus,
            sockets=1,
            later_ns=boot_ns - error.boot_ns,
        )


def flow_of(error: IcmpEvent) -> Flow | None:
    """Return the TCP flow that an error quotes."""
    quote = error.inner
    if quote is None or quote.proto != TCP or quote.sport is None or quote.dport is None:
        return None
    if quote.src_bytes is None or quote.dst_bytes is None:
        return None
    return error.netns, quote.src_bytes, quote.sport, quote.dst_bytes, quote.dport


def flow_of_socket(
    netns: int, family: int, local: bytes, local_port: int, remote: bytes, remote_port: int
) -> Flow:
    """Return a socket's flow; its family and addresses are as ``struct icmp_socket`` has them."""
    return netns, _plain(family, local), local_port, _plain(family, remote), remote_port


def _plain(family: int, address: bytes) -> bytes:
    """Return an address in 4 or 16 bytes; an IPv6 socket that speaks IPv4 has it mapped."""
    if family == AF_INET:
        return address[:4]
    return address[12:] if address.startswith(MAPPED) else address
