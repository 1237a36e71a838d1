"""From records of verdicts to ``Verdict``: numbers of this kernel become its words."""

from __future__ import annotations

from pyicmp.bpf.symbols import Symbols
from pyicmp.icmp.decode import Decoder
from pyicmp.icmp.verdicts.drop_reasons import DropReasons
from pyicmp.icmp.verdicts.ticks import ticks_per_second
from pyicmp.icmp.verdicts.verdict import OUTCOMES, SYSCTLS, Verdict, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
# Functions that get copies for sniffers: what they free is not the request.
TAPS = frozenset({
    *("raw_rcv", "raw_rcv_skb", "rawv6_rcv", "rawv6_rcv_skb", "raw_local_deliver"),
    *("packet_rcv", "packet_rcv_spkt", "packet_rcv_fanout", "tpacket_rcv"),
})  # fmt: skip


class VerdictDecoder(Decoder):
    """
    Knows how one object's records become verdicts.

    Args:
        layout: ``struct icmp_verdict`` of the object that makes the records.
        hooks: Names of the functions and tracepoints attached to.
    """

    def __init__(self, layout: Layout, hooks: Iterable[str] = ()) -> None:
        super().__init__(layout, hooks, prefix="request.")
        self._verdicts = layout.unpacker(*RECORD_FIELDS)
        self._locations = layout.unpacker("location")
        self._symbols, self._reasons = Symbols(), DropReasons()
        self._hz: int | None = None
        self._places: dict[int, tuple[str, str] | None] = {}

    @property
    def has_reasons(self) -> bool:
        """Whether this kernel says why it drops a packet."""
        return bool(self._reasons)

    def verdicts(self, records: Batch, lost_before: int = 0) -> Iterator[Verdict]:
        """Yield the verdicts of a batch, oldest first, without those on sniffers' copies."""
        records = self._without_copies(records)
        events = self.decode(records, lost_before)
        for event, row in zip(events, self._verdicts.iter(records.data), strict=True):
            outcome, reply_ns, at_most, later, reason, bad_sum, place, sysctl, value, error = row
            words = "ICMP_CSUM" if bad_sum else self._reasons.name(reason) if reason else None
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

    def _without_copies(self, records: Batch) -> Batch:
        """Return the records without sniffers' copies that were dropped."""
        places = (self._place(address) for (address,) in self._locations.iter(records.data))
        wanted = [found is None or found[0] not in TAPS for found in places]
        return records if all(wanted) else records.where(wanted)

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
