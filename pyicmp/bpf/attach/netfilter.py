"""netfilter: a program beside the rules of nftables, at one of its hooks (Linux 6.4)."""

from __future__ import annotations

import struct

from pyicmp.bpf.attach.made import link_create
from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.link import Link
    from pyicmp.bpf.program import Program

__all__ = ["attach"]

NETFILTER = 45  # enum bpf_attach_type
FAMILIES = {"ipv4": 2, "ipv6": 10}  # NFPROTO_*
HOOKS = {"prerouting": 0, "input": 1, "forward": 2, "output": 3, "postrouting": 4}  # NF_INET_*
F_IP_DEFRAG = 1


def attach(
    program: Program,
    kind: str,
    *,
    family: str = "ipv4",
    hook: str = "input",
    priority: int = 0,
    defragment: bool = False,
) -> Link:
    """
    Attach to a netfilter hook of this network namespace; the program returns accept or drop.

    Args:
        program: The program.
        kind: ``netfilter``.
        family: ``ipv4`` or ``ipv6``.
        hook: ``prerouting``, ``input``, ``forward``, ``output`` or ``postrouting``.
        priority: Lower runs earlier; ``-400`` is where nftables' raw chains start.
        defragment: Whether the kernel puts fragments together first (Linux 6.6); it asks for a
            priority above -400.
    """
    for value, known in ((family, FAMILIES), (hook, HOOKS)):
        if value not in known:
            raise UsageError(
                f"cannot attach {program.name}",
                f"netfilter has no {value}",
                f"name one of {', '.join(known)}",
            )
    flags = F_IP_DEFRAG if defragment else 0
    tail = struct.pack("=IIiI", FAMILIES[family], HOOKS[hook], priority, flags)
    return link_create(program, kind, f"{family} {hook}", NETFILTER, tail=tail)
