"""Which drops are to be told of."""

from __future__ import annotations

from types import MappingProxyType

from pyicmp.bpf.symbols import symbol_addresses
from pyicmp.icmp.hooks import by_fexit
from pyicmp.icmp.verdicts.alarms import COPIES
from pyicmp.icmp.verdicts.hooks import FREED
from pyicmp.icmp.verdicts.request import VerdictRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyicmp import bpf
    from pyicmp.icmp.hooks import Hook

__all__ = ["DropRequest"]

COPYING = "an echo reply for nobody while a sniffer runs: a raw socket may have got it"
ALONE = (
    "sees what is freed, and nothing else: no request ignored, rate-limited or without a route"
    " back, no error for nobody; a reply that was ever copied is taken for delivered"
)


class DropRequest(VerdictRequest):
    """Which messages: of all types, those that are dropped, and requests left unanswered."""

    purpose = "tell what ICMP is dropped"
    otherwise = ""
    known = (*VerdictRequest.known, "types", "direction", "inner")
    differs: Mapping[str, str] = MappingProxyType({"tracepoint": ALONE})
    without_counters = (
        f"{VerdictRequest.without_counters}, and errors that find no socket are not seen"
    )

    def hooks(self) -> list[Hook]:
        """Return the hooks that it takes, the one that it cannot do without first."""
        first, *others = super().hooks()
        there = symbol_addresses(COPIES)
        queues = (name for name in COPIES if name in there)
        return [first, by_fexit("verdict", next(queues, COPIES[0]), "fentry", COPYING), *others]

    def ways(self) -> list[str]:
        """Return the ways to attach: all hooks, or ``kfree_skb`` alone."""
        return list(FREED.programs)

    def config(self, opened: bpf.OpenObject) -> dict[str, object]:
        """Return what the kernel side calls ``struct icmp_config``."""
        return {**super().config(opened), "drops": True}
