"""What tcpdump captured in several namespaces at once, as tshark reads it: where, and of whom."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.oracles.tshark import Values, decode

PLACE = (
    "frame.time_epoch",
    "frame.interface_id",
    "sll.ifindex",
    "sll.pkttype",
    "ip.hdr_len",
    "ipv6.hopopts.len_oct",
)
OUTGOING = "4"
IPV6_LEN = 40
HOP_BY_HOP, ICMPV6 = "0", "58"


def packets(captures: Mapping[int, Path]) -> Iterator[tuple[dict[str, Any], Values]]:
    """
    Yield of each ICMP packet what pyicmp's JSON says of its headers, and all that tshark says.

    Args:
        captures: By namespace (its inode) a file of ``tcpdump -i any``.
    """
    inodes = list(captures)
    path = next(iter(captures.values())).with_name("all.pcapng")
    files = [str(path) for path in captures.values()]
    subprocess.run(["mergecap", "-a", "-I", "none", "-w", str(path), *files], check=True)
    for said in decode(path, PLACE):
        headers = _ipv4(said) if said["ip.src"] else _ipv6(said)
        if headers is not None:
            netns = inodes[int(said["frame.interface_id"][0])]
            yield {"netns": netns, **_place(said), **headers, **_kind(said)}, said


def _place(said: Values) -> dict[str, Any]:
    way = "out" if said["sll.pkttype"] == [OUTGOING] else "in"
    second, _, fraction = said["frame.time_epoch"][0].partition(".")
    ts_ns = int(second) * 1_000_000_000 + int(fraction)
    return {"ts_ns": ts_ns, "ifindex": int(said["sll.ifindex"][0]), "dir": way}


def _ipv4(said: Values) -> dict[str, Any]:
    size = int(said["ip.len"][0])
    numbers = {"ip_len": size, "len": size - int(said["ip.hdr_len"][0])}
    numbers |= {"ttl": int(said["ip.ttl"][0]), "family": 4, "proto": int(said["ip.proto"][0])}
    return numbers | {"src": said["ip.src"][0], "dst": said["ip.dst"][0]}


def _ipv6(said: Values) -> dict[str, Any] | None:
    """Read the header, and hop-by-hop options behind it, which MLD has; None: it is no ICMPv6."""
    size, proto = int(said["ipv6.plen"][0]), said["ipv6.nxt"][0]
    numbers = {"ip_len": size + IPV6_LEN, "len": size, "family": 6}
    if proto == HOP_BY_HOP:
        numbers["len"] -= int(said["ipv6.hopopts.len_oct"].pop(0))
        proto = said["ipv6.hopopts.nxt"].pop(0)
    if proto != ICMPV6:
        return None
    numbers |= {"ttl": int(said["ipv6.hlim"][0]), "proto": int(proto)}
    return numbers | {"src": said["ipv6.src"][0], "dst": said["ipv6.dst"][0]}


def _kind(said: Values) -> dict[str, Any]:
    names = ("icmp", "icmpv6")
    (name,) = [name for name in names if said[f"{name}.type"]]
    return {key: int(said[f"{name}.{key}"][0]) for key in ("type", "code")}
