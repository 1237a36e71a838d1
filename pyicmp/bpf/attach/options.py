"""What ``Program.attach()`` takes, for type checkers only: each kind takes some of it."""

from __future__ import annotations

import os
from typing import TypedDict

from pyicmp.bpf.map import Map

Path = str | os.PathLike[str]


class AttachOptions(TypedDict, total=False):
    """Keyword arguments of ``Program.attach()``, by the families that take them."""

    # kprobe, kprobe.multi, uprobe, tracing
    offset: int  # bytes from the function's start (uprobe without function: the file's)
    cookie: int  # what bpf_get_attach_cookie() returns
    # uprobe, usdt, perf_event, iter
    binary: Path  # path, or name of a library
    pid: int  # of the one process
    provider: str
    name: str
    # tracepoint, raw_tp
    tracepoint: str  # "group/name"; for raw_tp "name"
    # xdp, tc, tcx, netkit, netns, cgroup
    interface: str | int  # name or ifindex
    direction: str  # "ingress" or "egress"
    mode: str  # xdp: "skb", "driver" or "hw"
    by: str  # tc: "tcx" or "clsact"
    priority: int  # clsact, netfilter
    netns: Path | int  # path or descriptor
    cgroup: Path | int  # path or descriptor
    # netfilter
    family: str  # "ipv4" or "ipv6"
    hook: str  # "prerouting", "input", "forward", "output" or "postrouting"
    defragment: bool
    # iter
    map: Map
    # perf_event
    event: int  # descriptor of an open perf event
    type: str | int  # "hardware", "software" …, or a number
    config: int
    period: int
    frequency: int  # Hz
    cpu: int


__all__ = ["AttachOptions"]
