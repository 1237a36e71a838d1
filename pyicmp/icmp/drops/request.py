"""Which drops are to be told of."""

from __future__ import annotations

from types import MappingProxyType

from pyicmp.bpf.symbols import symbol_spans
from pyicmp.icmp.hooks import by_fexit
from pyicmp.icmp.verdicts.hooks import FREED
from pyicmp.icmp.verdicts.request import VerdictRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Unpack

    from pyicmp import bpf
    from pyicmp.icmp.hooks import Hook
    from pyicmp.icmp.request import RequestArguments

__all__ = ["DropRequest"]

# Functions whose hook tells what sockets are given: the newer first.
COPIES = ("sock_queue_rcv_skb_reason", "sock_queue_rcv_skb")
# Those that free a message which a socket has got: the members of struct icmp_functions.
FREEING = ("icmp_rcv", "icmpv6_rcv", "ping_rcv")
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

    def __init__(self, **arguments: Unpack[RequestArguments]) -> None:
        super().__init__(**arguments)
        self._spans = symbol_spans([*COPIES, *FREEING])
        queues = next((name for name in COPIES if name in self._spans), COPIES[0])
        self._copying = by_fexit("verdict", queues, "fentry", COPYING)

    def hooks(self) -> list[Hook]:
        """Return the hooks that it takes, the one that it cannot do without first."""
        first, *others = super().hooks()
        return [first, self._copying, *others]

    def ways(self) -> list[str]:
        """Return the ways to attach: all hooks, or ``kfree_skb`` alone."""
        return list(FREED.programs)

    def config(self, opened: bpf.OpenObject) -> dict[str, object]:
        """Return what the kernel side calls ``struct icmp_config``."""
        sees_copies = opened.programs[self._copying.program("fexit") or ""].autoload
        return {**super().config(opened), "drops": True, "sees_copies": sees_copies}

    def configure(self, opened: bpf.OpenObject) -> None:
        """Say it to an object that is not loaded yet."""
        super().configure(opened)
        found = {name: self._spans.get(name, (0, 0)) for name in FREEING}
        spans = {name: {"begin": begin, "end": end} for name, (begin, end) in found.items()}
        opened.globals["icmp_functions"] = {"are_known": found["icmp_rcv"][0] > 0, **spans}
