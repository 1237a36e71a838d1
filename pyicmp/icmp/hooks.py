"""The hooks at which ICMP is seen, in the order in which they are tried."""

from __future__ import annotations

__all__ = ["WAYS", "Way"]


class Way:
    """
    A way to attach.

    Attributes:
        program: Its program in ``bpf/icmp.bpf.c``.
        direction: Which way packets pass the hook.
        differs: What one sees differently from the ways before it.
    """

    __slots__ = ("differs", "direction", "program")

    def __init__(self, program: str, direction: str, differs: str = "") -> None:
        self.program, self.direction, self.differs = program, direction, differs


WAYS = {
    "kretprobe": Way("ip_rcv_core_kretprobe", "in"),
    "fexit": Way("ip_rcv_core_fexit", "in"),
    "tracepoint": Way(
        "netif_receive_skb_tracepoint",
        "in",
        "fires before IP validation: it also shows packets that are malformed, or bridged, or"
        " meant for other hosts",
    ),
}
