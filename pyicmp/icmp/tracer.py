"""``Tracer``: the ICMP messages that come and go."""

from __future__ import annotations

from pyicmp.icmp.decode import Decoder, EventBatch
from pyicmp.icmp.event import IcmpEvent
from pyicmp.icmp.trace_request import TraceRequest
from pyicmp.icmp.view import BUFFER_LEN, View

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from typing_extensions import Unpack

    from pyicmp.bpf.batch import Batch
    from pyicmp.icmp.attachment import Attachment
    from pyicmp.icmp.trace_request import TraceArguments
    from pyicmp.icmp.verdicts.join import Joiner

__all__ = ["Tracer"]


class Tracer(View[IcmpEvent, EventBatch]):
    """
    Traces the ICMP messages that come and go, in every network namespace of this host.

    Args:
        attach: ``kretprobe``, ``fexit``, ``tracepoint``, or ``auto``: the first that works.
        object: Path of another prebuilt object than the shipped one.
        btf: Path of the kernel's BTF, for kernels that offer none themselves.
        buffer: Ring buffer size, bytes; made up to a power of two, and to a page at least.
        **request: Which messages, and how much of them: ``types``, ``src``, ``dst``, ``pids`` and
            more, see ``TraceRequest`` and ``Request``. Messages that are not asked for never leave
            the kernel.

    Attributes:
        buffer_len: The ring buffer's real size, bytes.
        plan: How it was attached and what failed before, once open: ``plan.explain()``.
        stop_fd: Readable once ``stop()`` was called; below zero after ``close()``.

    Raises:
        UsageError: An argument cannot be meant.

    A loop over it that ends early, by ``break`` or by an exception, leaves the rest to the next.

    Example:
        >>> import pyicmp
        >>> with pyicmp.Tracer(types=["errors"], dst=["10.0.0.0/8"]) as tracer:  # doctest: +SKIP
        ...     for event in tracer:
        ...         print(event.time, event.src, event.type_name)
        >>> async with pyicmp.Tracer() as tracer:  # doctest: +SKIP
        ...     async for event in tracer:
        ...         print(event.time, event.src, event.type_name)
    """

    def __init__(
        self,
        *,
        attach: str = "auto",
        object: str | os.PathLike[str] | None = None,  # noqa: A002 - the flag's name
        btf: str | os.PathLike[str] | None = None,
        buffer: int = BUFFER_LEN,
        **request: Unpack[TraceArguments],
    ) -> None:
        asked = TraceRequest(**request)
        super().__init__(asked, attach=attach, object=object, btf=btf, buffer=buffer)

    def begin(self, attachment: Attachment) -> None:
        """Get ready to decode what comes from here."""
        hooks = [function for function, _ in attachment.hooks]
        layout = attachment.ring.types.layout_of()
        self._decoder = Decoder(layout, hooks, attachment.sockets)
        self._joiner = _joiner(attachment) if attachment.judging else None

    def decode(self, read: dict[str, Batch], lost: int) -> EventBatch:
        """Return the events that are wanted, oldest first, and that wait for no verdict."""
        events = read["events"]
        if not self.transport.is_ring:
            events = events.ordered("boot_ns")
        if self._joiner is None:
            return self._decoder.decode(self._wanted(events), lost)
        joined = self._joiner.join(events, read["verdicts"], lost, self.behind)
        return self._decoder.decode(joined.records, joined.lost, joined.fates)

    def account(self, records: Batch, some: EventBatch) -> None:
        """Enter into the ledger what became of these records; what waits is not emitted yet."""
        if self._joiner is None:
            super().account(records, some)
        else:
            self._stats.emitted += len(some)
            self._joiner.commit()

    def _count(self, attachment: Attachment) -> None:
        super()._count(attachment)
        if attachment.judging:
            self._stats.verdicts_lost = attachment.counters("verdicts")[2]

    def due(self) -> float | None:
        """Return the seconds after which a request may wait for its verdict no more."""
        return self._joiner.due() if self._joiner else None

    def rest(self) -> EventBatch | None:
        """Return what still waits for a verdict, at the end."""
        if self._joiner is None:
            return None
        joined = self._joiner.rest()
        some = self._decoder.decode(joined.records, joined.lost, joined.fates)
        self.account(joined.records, some)
        return some

    def _wanted(self, records: Batch) -> Batch:
        """Return the records without errors of processes that were not asked for."""
        if not self.request.by_owner or not records.count:
            return records
        events, tree = self._decoder.decode(records), self.attachment.tree
        return records.where(self.request.wants(event, tree) for event in events)


def _joiner(attachment: Attachment) -> Joiner:
    """Return what puts verdicts to requests, where something judges them."""
    from pyicmp.icmp.verdicts.decode import VerdictDecoder
    from pyicmp.icmp.verdicts.join import Joiner

    decoder = VerdictDecoder(attachment.rings["verdicts"].types.layout_of())
    return Joiner(attachment.ring.types.layout_of(), decoder)
