"""The hooks at which ICMP is seen, and those that tell whose it is: docs/hooks.md."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALL", "DIFFERS", "FORK", "SOCKETS", "WAYS", "Hook", "by_fexit", "hooks"]

WAYS = ("kretprobe", "fexit", "tracepoint")
# What one sees differently by a way than by the ways before it.
DIFFERS = {
    "tracepoint": "fires before IP validation: it also shows packets that are malformed, or"
    " bridged, or meant for other hosts",
}


class Hook:
    """
    A function or tracepoint of the kernel, and the programs that can be attached there.

    Attributes:
        name: The kernel's name.
        programs: By way to attach: the program's name in ``bpf/icmp.bpf.c``, without its
            suffix, and the suffix, which is how it attaches.
        loses: What is not seen without it; empty if others see the same.
    """

    __slots__ = ("loses", "name", "programs")

    def __init__(self, name: str, programs: Mapping[str, tuple[str, str]], loses: str) -> None:
        self.name, self.programs, self.loses = name, programs, loses

    def program(self, way: str) -> str | None:
        """Return the program for a way to attach; None if it cannot be had by that."""
        return "_".join(self.programs[way]) if way in self.programs else None

    def kind(self, way: str) -> str:
        """Return how its program for *way* really attaches: ``kprobe``, ``iter`` …."""
        suffix = self.programs[way][1]
        return way if suffix in ("ipv4", "ipv6") else suffix


def _returning(name: str, family: str, loses: str) -> Hook:
    programs = {
        "kretprobe": (name, "kretprobe"),
        "fexit": (name, "fexit"),
        "tracepoint": ("netif_receive_skb", family),
    }
    return Hook(name, programs, loses)


def _entering(name: str, loses: str) -> Hook:
    return Hook(name, {"kretprobe": (name, "kprobe"), "fexit": (name, "fentry")}, loses)


def by_fexit(purpose: str, name: str, suffix: str, loses: str) -> Hook:
    """Return a hook that takes fentry and fexit; its program is ``NAME_PURPOSE_SUFFIX``."""
    return Hook(name, {"fexit": (f"{name}_{purpose}", suffix)}, loses)


def _tracepoint(name: str, loses: str) -> Hook:
    return Hook(name, dict.fromkeys(WAYS, (name, "tracepoint")), loses)


RECEIVE = {
    4: _returning("ip_rcv_core", "ipv4", "IPv4 coming in"),
    6: _returning("ip6_rcv_core", "ipv6", "IPv6 coming in"),
}
RECEIVE_LIGHT = {
    4: _entering("icmp_rcv", "IPv4 coming in"),
    6: _entering("icmpv6_rcv", "IPv6 coming in"),
}
SEND = _tracepoint("net_dev_queue", "what goes out")
SEND_LIGHT = {
    4: _entering("ip_push_pending_frames", "IPv4 going out"),
    6: _entering("ip6_push_pending_frames", "IPv6 going out"),
}
SOCKETS = Hook(
    "task_file",
    dict.fromkeys(WAYS, ("task_file", "iter")),
    "whose sockets errors hit, and who sent what waited for a neighbour",
)
FORK = _tracepoint("sched_process_fork", "what the command's children send")
# Each, and the IP version that it sees; 0 where that does not matter.
ALL = (
    *((hook, family) for family, hook in RECEIVE.items()),
    (SEND, 4),
    *((hook, family) for family, hook in RECEIVE_LIGHT.items()),
    *((hook, family) for family, hook in SEND_LIGHT.items()),
    (SOCKETS, 0),
    (FORK, 0),
)


def hooks(
    families: frozenset[int], directions: str, owners: bool, light: bool, tree: bool
) -> list[Hook]:
    """
    Return the hooks that a run needs, the one that it cannot do without first.

    Args:
        families: 4, 6 or both.
        directions: ``in``, ``out`` or ``inout``.
        owners: Whether it matters whose a message is; what goes out tells that of what comes in.
        light: Only hooks that nothing but ICMP passes.
        tree: Whether one process and its descendants matter only.
    """
    found: list[Hook] = []
    for family in sorted(families):
        if "in" in directions:
            found.append((RECEIVE_LIGHT if light else RECEIVE)[family])
        if light and ("out" in directions or owners):
            found.append(SEND_LIGHT[family])
    if not light and ("out" in directions or owners):
        found.append(SEND)
    if owners:
        found.append(SOCKETS)
    if tree:
        found.append(FORK)
    return found
