"""``Split``: where the time of one round trip went."""

from __future__ import annotations

from operator import itemgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyicmp.bpf.btf.layout import Layout

__all__ = ["Split", "SplitDecoder"]

# The members of struct icmp_split (bpf/event.h) that one is made of, in this order.
RECORD_FIELDS = (
    *("boot_ns", "host_tx_ns", "wire_ns", "host_rx_ns", "wakeup_ns"),
    *("netns", "family", "peer", "rest", "owner.pid", "owner.comm"),
)
AF_INET = 2


def _column(name: str) -> Any:
    return property(itemgetter(RECORD_FIELDS.index(name)))


class Split(tuple):  # type: ignore[type-arg]  # its columns are typed one by one below
    """
    An echo whose reply was read by the process that had sent the request, ns by ns.

    ``total_ns`` is the sum of its four parts; none is below zero.
    """

    __slots__ = ()

    #: When the process began to send it: time since boot (CLOCK_BOOTTIME), ns.
    boot_ns: int = _column("boot_ns")
    #: From there until the last device of this host began to transmit it.
    host_tx_ns: int = _column("host_tx_ns")
    #: From there until the reply came out of a driver of this host: both ways, and the peer.
    wire_ns: int = _column("wire_ns")
    #: From there until the reply was in the socket's queue.
    host_rx_ns: int = _column("host_rx_ns")
    #: From there until the process had taken it: its waking up, and all that it did before.
    wakeup_ns: int = _column("wakeup_ns")
    #: Process that sent the request and read the reply.
    pid: int = _column("owner.pid")
    #: Its name when it sent, as the kernel has it.
    comm: bytes = _column("owner.comm")

    @property
    def total_ns(self) -> int:
        """From the beginning of sending to the end of reading."""
        return self.host_tx_ns + self.wire_ns + self.host_rx_ns + self.wakeup_ns

    @property
    def end_ns(self) -> int:
        """When the process had taken the reply: as ``boot_ns``."""
        return self.boot_ns + self.total_ns

    @property
    def key(self) -> tuple[str, int, int, bytes, int, int]:
        """What it was sent as: the matcher's key."""
        _, _, _, _, _, netns, family, peer, rest, _, _ = self
        return "sent", netns, 4 if family == AF_INET else 6, peer, rest >> 16, rest & 0xFFFF


class SplitDecoder:
    """
    Knows how one object's records become splits.

    Args:
        layout: ``struct icmp_split`` of that object.
    """

    def __init__(self, layout: Layout) -> None:
        self._unpacker = layout.unpacker(*RECORD_FIELDS)

    def decode(self, data: memoryview | bytes) -> Iterator[Split]:
        """Yield what records are, in their order."""
        for row in self._unpacker.iter(data):
            yield tuple.__new__(Split, row)
