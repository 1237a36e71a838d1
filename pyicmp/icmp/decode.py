"""From a batch of records to events; every offset comes from the object's BTF."""

from __future__ import annotations

from pyicmp.icmp.clock import wall_offset_ns
from pyicmp.icmp.event import RECORD_FIELDS, IcmpEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from enum import IntEnum
    from typing import Any

    import numpy as np

    from pyicmp.bpf.batch import Batch
    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.icmp.sockets import SocketOwners
    from pyicmp.icmp.verdicts.verdict import Verdict

__all__ = ["Decoder", "EventBatch"]

_TS, _HEADER, _HOOK, _DIRECTION, _OWNER = (
    RECORD_FIELDS.index(name) for name in ("boot_ns", "header", "hook", "direction", "owner.kind")
)


class Decoder:
    """
    Knows how one object's records become events.

    Args:
        layout: ``struct icmp_event`` of the object that makes the records.
        hooks: Names of the functions and tracepoints attached to: a function may have a suffix
            (``ip_rcv_core.isra.0``) that the enum does not have.
        sockets: Finds who holds a socket.
        prefix: Path to the struct in the records, if they hold more: ``request.``.

    Raises:
        LayoutError: The struct lacks a member that an event is made of.
    """

    def __init__(
        self,
        layout: Layout,
        hooks: Iterable[str] = (),
        sockets: SocketOwners | None = None,
        prefix: str = "",
    ) -> None:
        self._sockets = sockets
        self._unpacker = layout.unpacker(*(prefix + name for name in RECORD_FIELDS))
        found = {name.partition(".")[0]: name for name in hooks}
        names = _names(layout.enum("icmp_hook"), "ICMP_HOOK_")
        self._hooks = {value: found.get(name, name) for value, name in names.items()}
        self._directions = _names(layout.enum("icmp_direction"), "ICMP_")
        self._absent = _names(layout.enum("icmp_header"), "ICMP_HEADER_", none="present")
        self._owners = _names(layout.enum("icmp_owner_kind"), "ICMP_OWNER_", none="unknown")

    def decode(
        self, batch: Batch, lost_before: int = 0, fates: Mapping[int, Verdict] | None = None
    ) -> EventBatch:
        """
        Give a batch its wall-clock time; its events are decoded as they are iterated over.

        Args:
            batch: Records, as read from the ring.
            lost_before: Records lost since the batch before.
            fates: What became of echo requests, by their number in the batch.
        """
        return EventBatch(self, batch, wall_offset_ns(), lost_before, fates or {})

    def events(self, batch: EventBatch) -> Iterator[IcmpEvent]:
        """Yield a batch's events, oldest first."""
        new, absent, hooks, directions = tuple.__new__, self._absent, self._hooks, self._directions
        offset, lost, owners = batch.wall_offset_ns, batch.lost_before, self._owners
        fate = batch.fates.get
        for number, row in enumerate(self._unpacker.iter(batch.records.data)):
            extra = (
                row[_TS] + offset,
                hooks[row[_HOOK]],
                directions[row[_DIRECTION]],
                absent[row[_HEADER]],
                owners[row[_OWNER]],
                lost,
                fate(number),
            )
            event = new(IcmpEvent, row + extra)
            if self._sockets and event.owner_kind is None and (event.socket or event.is_error):
                event = _owned(event, self._sockets)
            yield event
            lost = 0


def _owned(event: IcmpEvent, sockets: SocketOwners) -> IcmpEvent:
    """Return a message with who holds its socket; an error, with whose socket it hits."""
    owner = None
    if event.socket:
        owner = sockets.holder(event.socket)
    elif event.direction == "in" and (quote := event.inner):
        owner = sockets.sender(event.netns, quote)
    return event.owned_by(*owner) if owner else event


def _names(enum: Iterable[IntEnum], prefix: str, none: str = "") -> dict[int, Any]:
    """Return enumerators' short names by value; None for the one named *none*."""
    names = {int(one): one.name.removeprefix(prefix).lower() for one in enum}
    return {value: None if name == none else name for value, name in names.items()}


class EventBatch:
    """
    Events that were read at once.

    Attributes:
        records: The raw records.
        wall_offset_ns: Unix time minus boot time when they were read, ns.
        lost_before: Records lost since the batch before.
        fates: What became of echo requests that came in, by their number in the batch.
    """

    __slots__ = ("_decoder", "fates", "lost_before", "records", "wall_offset_ns")

    def __init__(
        self,
        decoder: Decoder,
        records: Batch,
        wall_offset_ns: int,
        lost_before: int,
        fates: Mapping[int, Verdict],
    ) -> None:
        self._decoder, self.records, self.fates = decoder, records, fates
        self.wall_offset_ns, self.lost_before = wall_offset_ns, lost_before

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[IcmpEvent]:
        return self._decoder.events(self)

    def numpy(self) -> np.ndarray[Any, np.dtype[np.void]]:
        """
        Return the records as a structured array, in which nothing is copied or converted.

        Its columns are the members of ``struct icmp_event`` by their names in C:
        ``boot_ns`` plus this batch's ``wall_offset_ns`` is Unix time.

        Raises:
            NotSupported: numpy is not installed.

        Example:
            >>> for batch in tracer.batches():  # doctest: +SKIP
            ...     print(batch.numpy()["ip_len"].sum())
        """
        return self.records.numpy()
