"""xdp, tcx, netkit by interface; flow_dissector and sk_lookup by network namespace."""

from __future__ import annotations

import os
import socket

from pyicmp.bpf.attach.made import link_create
from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.link import Link
    from pyicmp.bpf.program import Program

    Path = str | os.PathLike[str]

__all__ = ["attach", "index_of"]

XDP = 37  # enum bpf_attach_type
BY_NAMESPACE = {"flow_dissector": 17, "sk_lookup": 36}
TCX = {"ingress": 46, "egress": 47}
NETKIT = {"primary": 54, "peer": 55}
XDP_FLAGS = {None: 0, "skb": 2, "driver": 4, "hw": 8}  # XDP_FLAGS_*_MODE


def attach(
    program: Program,
    kind: str,
    *,
    interface: str | int | None = None,
    direction: str | None = None,
    mode: str | None = None,
    netns: Path | int | None = None,
) -> Link:
    """
    Attach to an interface, or to a network namespace.

    Args:
        program: The program.
        kind: ``xdp``, ``tcx``, ``netkit``, ``flow_dissector`` or ``sk_lookup``.
        interface: Name or ifindex.
        direction: For tcx ``ingress`` or ``egress``, for netkit ``primary`` or ``peer``; else
            the section's.
        mode: For xdp ``skb``, ``driver`` or ``hw``; else the kernel's choice.
        netns: Path or descriptor; else this process's own.
    """
    if kind in BY_NAMESPACE:
        _refuse(program, kind, interface=interface, direction=direction, mode=mode)
        return _attach_netns(program, kind, "/proc/self/ns/net" if netns is None else netns)
    _refuse(program, kind, netns=netns, mode=None if kind == "xdp" else mode)
    index, said = index_of(program, interface), str(interface)
    if kind == "xdp":
        _refuse(program, kind, direction=direction)
        return _attach_xdp(program, index, said, mode)
    types = TCX if kind == "tcx" else NETKIT
    where = direction or program.target or next(iter(types))
    if where not in types:
        raise UsageError(
            f"cannot attach {program.name}", f"{kind} has no {where}", f"say {' or '.join(types)}"
        )
    return link_create(program, kind, f"{said} {where}", types[where], target=index)


def _attach_xdp(program: Program, index: int, said: str, mode: str | None) -> Link:
    if mode not in XDP_FLAGS:
        raise UsageError(
            f"cannot attach {program.name}", f"xdp has no mode {mode}", "say skb, driver or hw"
        )
    return link_create(program, "xdp", said, XDP, target=index, flags=XDP_FLAGS[mode])


def _attach_netns(program: Program, kind: str, netns: Path | int) -> Link:
    fd = os.dup(netns) if isinstance(netns, int) else os.open(netns, os.O_RDONLY | os.O_CLOEXEC)
    try:
        said = f"netns {netns if isinstance(netns, int) else os.fspath(netns)}"
        return link_create(program, kind, said, BY_NAMESPACE[kind], target=fd)
    finally:
        os.close(fd)


def index_of(program: Program, interface: str | int | None) -> int:
    """
    Return an interface's index.

    Raises:
        UsageError: None is given, or there is none of that name.
    """
    if isinstance(interface, int):
        return interface
    why, fix = "no interface is named", "give one: attach(interface='eth0')"
    if interface is not None:
        try:
            return socket.if_nametoindex(interface)
        except OSError:
            why, fix = f"there is no interface {interface}", "see ip link"
    raise UsageError(f"cannot attach {program.name}", why, fix)


def _refuse(program: Program, kind: str, **given: object) -> None:
    for option, value in given.items():
        if value is not None:
            raise UsageError(f"cannot attach {program.name}", f"{kind} takes no {option}")
