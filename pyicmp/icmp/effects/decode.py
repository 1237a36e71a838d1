"""From records of effects to ``Effect``."""

from __future__ import annotations

from pyicmp.icmp.decode import Decoder
from pyicmp.icmp.effects.flows import Flows, flow_of_socket
from pyicmp.icmp.effects.judge import Evidence, judge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pyicmp.bpf.batch import Batch
    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.icmp.effects.effect import Effect, Mtus
    from pyicmp.icmp.event import IcmpEvent
    from pyicmp.icmp.sockets import SocketOwners

__all__ = ["EffectDecoder"]

# The members of struct icmp_effect (bpf/event.h) beside the error.
RECORD_FIELDS = (
    *("seen", "delivered", "queued", "socket_mtu", "route_mtu", "no_pmtu_disc", "sockets"),
    *("socket.netns", "socket.family", "socket.local", "socket.local_port", "socket.remote"),
    "socket.remote_port",
)
SOCKET = RECORD_FIELDS.index("socket.netns")


class EffectDecoder(Decoder):
    """
    Knows how one object's records become effects.

    Args:
        layout: ``struct icmp_effect`` of the object that makes the records.
        hooks: Names of the functions and tracepoints attached to.
        sockets: Finds who holds a socket.
        counted: Whether the kernel's own counters were read.
    """

    def __init__(
        self,
        layout: Layout,
        hooks: Iterable[str] = (),
        sockets: SocketOwners | None = None,
        *,
        counted: bool = True,
    ) -> None:
        super().__init__(layout, hooks, sockets, prefix="error.", data="data")
        self._effects = layout.unpacker(*RECORD_FIELDS)
        self._marks = {
            int(one): one.name.removeprefix("ICMP_SEEN_").lower()
            for one in layout.enum("icmp_evidence")
        }
        self._counted, self._flows = counted, Flows()

    def effects(self, records: Batch, lost_before: int = 0) -> Iterator[Effect]:
        """
        Yield the effects of a batch, oldest first.

        What a socket learned later, and of no error that was wanted, is left out.
        """
        events = self.decode(records, lost_before)
        for event, row in zip(events, self._effects.iter(records.data), strict=True):
            seen = self._evidence(row)
            found = self._later(event, row) if "later" in seen.marks else judge(event, seen)
            if found is None:
                continue
            found = self._flows.known(found)
            self._flows.remember(found)
            yield found

    def _evidence(self, row: tuple[Any, ...]) -> Evidence:
        seen, delivered, queued, socket_mtu, route_mtu, setting, sockets = row[:SOCKET]
        return Evidence(
            frozenset(name for bit, name in self._marks.items() if seen & bit),
            delivered=delivered,
            queued=queued,
            socket_mtu=_mtus(socket_mtu),
            route_mtu=_mtus(route_mtu),
            no_pmtu_disc=setting,
            sockets=sockets,
            counted=self._counted,
        )

    def _later(self, event: IcmpEvent, row: tuple[Any, ...]) -> Effect | None:
        mtus = _mtus(row[RECORD_FIELDS.index("socket_mtu")])
        flow = flow_of_socket(*row[SOCKET:])
        return self._flows.later(flow, event.boot_ns, mtus) if mtus else None


def _mtus(pair: Iterable[int]) -> Mtus | None:
    before, after = pair
    return (before, after) if before else None
