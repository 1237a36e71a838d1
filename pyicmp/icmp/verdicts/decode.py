"""From records of verdicts to ``Verdict``: numbers of this kernel become its words."""

from __future__ import annotations

from pyicmp.bpf.symbols import Symbols
from pyicmp.icmp.decode import Decoder
from pyicmp.icmp.verdicts.alarms import is_false_alarm
from pyicmp.icmp.verdicts.drop_reasons import DropReasons
from pyicmp.icmp.verdicts.ticks import ticks_per_second
from pyicmp.icmp.verdicts.verdict import OUTCOMES, SYSCTLS, Verdict, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pyicmp.bpf.batch import Batch
    from pyicmp.bpf.btf.layout import Layout

__all__ = ["VerdictDecoder"]

# The members of struct icmp_verdict (bpf/event.h) beside the request.
RECORD_FIELDS = (
    *("outcome", "reply_ns", "at_most", "later", "reason", "bad_checksum", "location"),
    *("sysctl", "sysctl_value", "error"),
)
# Settings that the kernel keeps in ticks.
TIMES = ("net.ipv4.icmp_ratelimit", "net.ipv6.icmp.ratelimit")
# What a false alarm is told by.
FREED_FIELDS = ("location", "reason", "bad_checksum", "request.family", "request.dst")
AF_INET = 2


class VerdictDecoder(Decoder):
    """
    Knows how one object's records become verdicts.

    Args:
        layout: ``struct icmp_verdict`` of the object that makes the records.
        hooks: Names of the functions and tracepoints attached to.
    """

    def __init__(self, layout: Layout, hooks: Collection[str] = ()) -> None:
        super().__init__(layout, hooks, prefix="request.")
        self._verdicts = layout.unpacker(*RECORD_FIELDS)
        self._freed = layout.unpacker(*FREED_FIELDS)
        self._symbols, self._reasons = Symbols(), DropReasons()
        self._hz: int | None = None
        self._places: dict[int, tuple[str, str] | None] = {}

    @property
    def has_reasons(self) -> bool:
        """Whether this kernel says why it drops a packet."""
        return bool(self._reasons)

    def verdicts(self, records: Batch, lost_before: int = 0) -> Iterator[Verdict]:
        """Yield the verdicts of a batch, oldest first, without those that are false alarms."""
        alarms = self._are_false_alarms(records)
        if True in alarms:
            records = records.where(not alarm for alarm in alarms)
        events = self.decode(records, lost_before)
        for event, row in zip(events, self._verdicts.iter(records.data), strict=True):
            outcome, reply_ns, at_most, later, reason, bad_sum, place, sysctl, value, error = row
            words = self._reason(reason, bad_sum)
            name, setting = OUTCOMES[outcome], SYSCTLS[sysctl]
            found = self._place(place)
            if setting in TIMES:
                value = self._ms(value)
            yield Verdict((
                *(event, name, reply_ns or None, bool(at_most), bool(later)),
                reason_of(name, words, setting, error),
                found and found[1],
                *(setting, None if value < 0 else value, error or None),
            ))  # fmt: skip

    def _ms(self, ticks: int) -> int:
        """Return a time in ms; below zero if it is not known how long a tick is."""
        if self._hz is None:
            self._hz = ticks_per_second() or 0
        return ticks * 1000 // self._hz if self._hz and ticks >= 0 else -1

    def _are_false_alarms(self, records: Batch) -> list[bool]:
        """Return of each record whether what it tells of was not dropped."""
        return [
            is_false_alarm(
                (self._place(place) or (None,))[0],
                self._reason(reason, bad_sum),
                4 if family == AF_INET else 6,
                dst[0],
            )
            for place, reason, bad_sum, family, dst in self._freed.iter(records.data)
        ]

    def _reason(self, number: int, bad_sum: int) -> str | None:
        return "ICMP_CSUM" if bad_sum else self._reasons.name(number) if number else None

    def _place(self, address: int) -> tuple[str, str] | None:
        """Return the function at an address, and that with the offset."""
        if not address:
            return None
        if address not in self._places:
            found = self._symbols.at(address)
            self._places[address] = found and (
                found[0].partition(".")[0],
                f"{found[0]}+{found[1]:#x}",
            )
        return self._places[address]
