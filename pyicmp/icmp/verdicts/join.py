"""Puts verdicts to the requests of a trace: they come later, through a ring of their own."""

from __future__ import annotations

from pyicmp.bpf.batch import Batch
from pyicmp.bpf.records import RecordTypes
from pyicmp.icmp.clock import boot_now_ns
from pyicmp.icmp.verdicts.held import Held

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.icmp.verdicts.decode import VerdictDecoder
    from pyicmp.icmp.verdicts.verdict import Verdict

__all__ = ["Joined", "Joiner"]

# The members of struct icmp_event (bpf/event.h) by which a request is known again.
FIELDS = (
    *("boot_ns", "netns", "protocol", "rest", "src", "dst"),
    *("type", "header", "direction", "forwarded", "owner.kind"),
)
ECHO = {1: 8, 58: 128}  # IP protocol: type of an echo request
IN, PRESENT, KERNEL = 1, 0, 1  # enum icmp_direction, icmp_header, icmp_owner_kind
# How long a request may wait for its verdict (ns): one that is surely for this host, which is
# judged before its CPU does anything else; and one that may be on its way through.
SURE_NS, UNSURE_NS = 100_000_000, 4_000_000


class Joined:
    """
    Records whose turn it is, with their verdicts.

    Attributes:
        records: The records, in their order.
        fates: The verdicts, by the record's number among these.
        lost: Records that were lost before them.
    """

    def __init__(self, records: Batch, fates: dict[int, Verdict], lost: int) -> None:
        self.records, self.fates, self.lost = records, fates, lost


class Joiner:
    """
    Holds requests back, and all that has come behind them, until their verdicts are there.

    A request may wait a while only: its verdict may be lost, or nobody may ever make one.

    Args:
        layout: The type of the trace's records.
        verdicts: Makes verdicts of their own records.
    """

    def __init__(self, layout: Layout, verdicts: VerdictDecoder) -> None:
        self._unpacker, self._types = layout.unpacker(*FIELDS), RecordTypes(record=layout)
        self._size, self._verdicts = layout.size, verdicts
        self._held, self._data, self._lost = Held(), b"", 0
        self._next = self._held, self._data, self._lost

    def join(self, records: Batch, verdicts: Batch, lost: int, behind: bool) -> Joined:
        """
        Return what need not wait any more; ``commit()`` makes it so.

        Args:
            records: What has come.
            verdicts: Likewise.
            lost: Records that were lost before these.
            behind: Whether there are more, so that a verdict may be among those.
        """
        now_ns = boot_now_ns()
        held = Held(self._held)
        for row in self._unpacker.iter(records.data):
            _add(held, row)
        for verdict in self._verdicts.verdicts(verdicts):
            if not verdict.later:
                held.judge(verdict)
        if not behind:
            held.expire(now_ns)
        return self._release(held, self._data + records.data, self._lost + lost)

    def rest(self) -> Joined:
        """Return what still waits, at the end."""
        held = Held(self._held)
        held.expire()
        return self._release(held, self._data, self._lost)

    def _release(self, held: Held, data: bytes, lost: int) -> Joined:
        count = held.free
        cut = count * self._size
        free = Batch(data[:cut], count, size=self._size, types=self._types)
        self._next = held, data[cut:], 0 if count else lost
        return Joined(free, held.release(count), lost)

    def commit(self) -> None:
        """Remember what the last ``join()`` has held back."""
        self._held, self._data, self._lost = self._next

    def due(self) -> float | None:
        """Return the seconds after which the first may wait no more; None: nothing waits."""
        first = next(iter(self._held.undecided.values()), None)
        return None if first is None else max(0, first[-1] - boot_now_ns()) / 1e9


def _add(held: Held, row: tuple[int, int, int, int, bytes, bytes, int, int, int, int, int]) -> None:
    boot_ns, netns, protocol, rest, src, dst, kind, header, direction, forwarded, owner = row
    held.count += 1
    if kind != ECHO[protocol] or header != PRESENT:
        return
    if direction == IN:
        due_ns = boot_ns + (SURE_NS if owner == KERNEL else UNSURE_NS)
        held.ask((boot_ns, netns, protocol, rest, src, dst, due_ns))
    elif forwarded:
        held.forward((netns, protocol, rest), (src, dst))
