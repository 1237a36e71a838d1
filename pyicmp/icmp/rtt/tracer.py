"""``RttTracer``: round trips of echoes, whatever program sends them."""

from __future__ import annotations

from collections import deque

from pyicmp.errors import UsageError
from pyicmp.icmp.clock import boot_now_ns, wall_offset_ns
from pyicmp.icmp.decode import Decoder
from pyicmp.icmp.rtt.matcher import TIMEOUT, Matcher
from pyicmp.icmp.rtt.report import Report
from pyicmp.icmp.rtt.request import RttRequest
from pyicmp.icmp.rtt.row import Table
from pyicmp.icmp.rtt.split import Split, SplitDecoder
from pyicmp.icmp.view import BUFFER_LEN, View

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from typing_extensions import Unpack

    from pyicmp.bpf.batch import Batch
    from pyicmp.icmp.attachment import Attachment
    from pyicmp.icmp.event import IcmpEvent
    from pyicmp.icmp.request import RequestArguments

__all__ = ["RttTracer"]

NS = 1_000_000_000
# A record may be so late (ns) in its ring, after it took the time.
SLACK_NS = 10_000_000


class RttTracer(View[Report, list[Report]]):
    """
    Measures the round trips of echoes, passively: whoever sends them, in every network namespace.

    Iterated over, it yields a ``Report`` for each interval, and at the end that of the whole run.

    Args:
        interval: Seconds between reports; None: there is only that of the whole.
        timeout: Seconds after which a request without a reply is lost.
        split: Find out where the time goes, too: that takes fentry and fexit.
        by_process: Count apart for each process that asks, not for each peer only.
        attach: ``kretprobe``, ``fexit``, ``tracepoint``, or ``auto``: the first that works.
        object: Path of another prebuilt object than the shipped one.
        btf: Path of the kernel's BTF, for kernels that offer none themselves.
        buffer: Size of each ring buffer, bytes.
        **request: Which, by ``host``, ``netns``, ``families``, ``ids``, ``seqs``, ``pids``,
            ``comms``, ``cgroups``, ``light``: see ``Request``.

    Raises:
        UsageError: An argument cannot be meant.

    Example:
        >>> import pyicmp
        >>> with pyicmp.RttTracer(interval=10, host=["192.0.2.1"]) as tracer:  # doctest: +SKIP
        ...     for report in tracer:
        ...         for row in report:
        ...             print(row.peer, row.loss, row.rtt.quantile(0.99))
    """

    request: RttRequest

    def __init__(
        self,
        *,
        interval: float | None = None,
        timeout: float = TIMEOUT,
        split: bool = False,
        by_process: bool = True,
        attach: str = "auto",
        object: str | os.PathLike[str] | None = None,  # noqa: A002 - the flag's name
        btf: str | os.PathLike[str] | None = None,
        buffer: int = BUFFER_LEN,
        **request: Unpack[RequestArguments],
    ) -> None:
        for given in (interval, timeout):
            if given is not None and given <= 0:
                raise UsageError(f"{given} is no time", "", "give seconds above 0")
        asked = RttRequest(split=split, **request)
        super().__init__(asked, attach=attach, object=object, btf=btf, buffer=buffer)
        self._interval_ns = None if interval is None else int(interval * NS)
        self._matcher = Matcher(timeout, by_process=by_process)
        self._held: deque[Split] = deque()  # whose requests may not have been read yet
        self._whole = Table()
        self._lost = self._lost_before = 0

    def begin(self, attachment: Attachment) -> None:
        """Get ready to decode what comes from here."""
        layouts = {name: ring.types.layout_of() for name, ring in attachment.rings.items()}
        hooks = [function for function, _ in attachment.hooks]
        self._decoder = Decoder(layouts["events"], hooks, attachment.sockets)
        self._splits = SplitDecoder(layouts["splits"]) if self.request.split else None
        self._began_ns = self._reported_ns = self._clock_ns = boot_now_ns()
        self._due_ns = self._began_ns + (self._interval_ns or 0)

    @property
    def unmatched(self) -> int:
        """Replies to no request that is known: it was sent before the tracer began, or never."""
        return self._matcher.unmatched

    def decode(self, read: dict[str, Batch], lost: int) -> list[Report]:
        """Count what was read, and return the report that is due, if one is."""
        request, tree = self.request, self.attachment.tree
        events: list[IcmpEvent] = list(self._decoder.decode(read["events"], lost))
        if request.by_owner:
            events = [event for event in events if request.wants(event, tree)]
        splits = list(self._splits.decode(read["splits"].data)) if self._splits else []
        now_ns = boot_now_ns()
        self._count_all(events, splits, up_to_ns=self._clock_ns)
        self._clock_ns, self._lost = now_ns, self._lost + lost
        if self._interval_ns is None or now_ns < self._due_ns:
            return []
        while self._due_ns <= now_ns:
            self._due_ns += self._interval_ns
        return [self._report(now_ns)]

    def account(self, records: Batch, some: list[Report]) -> None:
        """Enter into the ledger what became of *records*: each was counted."""
        self._stats.emitted += len(records)

    def due(self) -> float | None:
        """Return the seconds after which the next report is made, be there echoes or not."""
        return None if self._interval_ns is None else max(0, self._due_ns - boot_now_ns()) / NS

    def rest(self) -> list[Report]:
        """Return the report of the whole run."""
        self._count_all([], [], up_to_ns=None)
        return [self._report(boot_now_ns(), whole=True)]

    def unseen(self) -> list[str]:
        """Return what cannot be seen on this kernel, or was not: a line for each cause."""
        lines = super().unseen()
        if self.unmatched:
            lines.append(f"{self.unmatched} replies to no request that was seen: not counted")
        return [*lines, *self._not_split()] if self.request.split else lines

    def _not_split(self) -> Iterator[str]:
        if lost := self.attachment.counters("splits")[2]:
            yield f"{lost} round trips were split, but lost: no room in the ring"
        rows = [row for row in self._whole.rows() if row.role == "sent"]
        if left := sum(row.rtt.count - row.split_count for row in rows):
            yield (
                f"{left} round trips are not split: another process read their replies, or nobody"
                " has; or they went to a group, or by a packet socket"
            )

    def _count_all(
        self, events: list[IcmpEvent], splits: list[Split], *, up_to_ns: int | None
    ) -> None:
        """
        Count what was read.

        Args:
            events: In the order in which they passed.
            splits: Likewise; one may have been read before its request.
            up_to_ns: All that passed up to then has been read, if *events* is empty.
        """
        for event in events:
            self._matcher.add(event)
        seen_ns = events[-1].boot_ns if events else up_to_ns
        self._held += splits
        while self._held and (seen_ns is None or self._held[0].end_ns <= seen_ns):
            self._matcher.add_split(self._held.popleft())
        self._matcher.advance((boot_now_ns() if seen_ns is None else seen_ns) - SLACK_NS)

    def _report(self, now_ns: int, *, whole: bool = False) -> Report:
        rows, lost = self._matcher.take(), self._lost - self._lost_before
        self._whole.merge(rows)
        since_ns, self._reported_ns, self._lost_before = self._reported_ns, now_ns, self._lost
        if whole:
            rows, lost, since_ns = self._whole.rows(), self._lost, self._began_ns
        ts_ns, seconds = now_ns + wall_offset_ns(), (now_ns - since_ns) / NS
        return Report(ts_ns, now_ns, seconds, rows, lost, whole=whole)

    def _hurry(self, some: list[Report]) -> bool:
        return self.behind  # what has been counted waits for nothing
