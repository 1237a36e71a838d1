"""All ways by which a host sends ICMP, and what of each is seen."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterable
from typing import Any

from tests.chain import CLIENT, SERVER, Chain, inside
from tests.datagram import main as send_datagram
from tests.frames import AF, ECHO, ETHERTYPE, PROTOCOL, packet
from tests.messages import message
from tests.pinger import checksum

Event = dict[str, Any]
IPV6_HDRINCL = 36
HDRINCL = {4: (socket.IPPROTO_IP, socket.IP_HDRINCL), 6: (socket.IPPROTO_IPV6, IPV6_HDRINCL)}
# Each sends an echo request with the id of its place here, from 1.
SOCKETS = (
    "ping socket",
    "raw socket",
    "raw socket, header included",
    "IPPROTO_RAW",
    "packet socket",
)
RAW_ID = 2
REPLY, ERROR = {4: 0, 6: 129}, {4: 3, 6: 1}
NDP, MLD = (133, 135, 136), (131, 143)


def send_all(chain: Chain) -> None:
    """Send by all means that there are, one message at least by each."""
    for family in (4, 6):
        with inside(chain.client):
            for number, kind in enumerate(SOCKETS, 1):
                _send(chain, kind, family, number)
            send_datagram(SERVER[family], 33434)  # to a closed port
    flush = ["ip", "-n", chain.client, "-6", "neigh", "flush", "dev", f"{chain.client}0"]
    subprocess.run(flush, check=True)
    with inside(chain.client):
        send_datagram(SERVER[6], 33434)  # a neighbour must be looked for first
        join_a_group(f"{chain.client}0")


def join_a_group(interface: str) -> None:
    """Be in a group for two seconds: listeners are reported more than once."""
    with socket.socket(AF[6], socket.SOCK_DGRAM) as member:
        scope = struct.pack("@I", socket.if_nametoindex(interface))
        group = socket.inet_pton(AF[6], "ff02::4242") + scope
        member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        time.sleep(2)


def _send(chain: Chain, kind: str, family: int, number: int) -> None:
    request = _echo(family, number)
    whole = packet(family, request, ends=(CLIENT[family], SERVER[family]))
    peer = (SERVER[family], 0)
    if kind == "packet socket":
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0) as sender:
            to = (f"{chain.client}0", ETHERTYPE[family], 0, 0, chain.mac_of_router())
            sender.sendto(whole, to)
    elif kind == "ping socket":
        with socket.socket(AF[family], socket.SOCK_DGRAM, PROTOCOL[family]) as sender:
            sender.bind(("", number))
            sender.sendto(request, peer)
    else:
        protocol = socket.IPPROTO_RAW if kind == "IPPROTO_RAW" else PROTOCOL[family]
        with socket.socket(AF[family], socket.SOCK_RAW, protocol) as sender:
            if kind == "raw socket, header included":
                sender.setsockopt(*HDRINCL[family], 1)
            sender.sendto(request if kind == "raw socket" else whole, peer)


def _echo(family: int, number: int) -> bytes:
    """Return an echo request from client to server, whose checksum is right."""
    sent = message(ECHO[family], 0, number << 16 | 1)
    if family == 4:
        return sent
    ends = [socket.inet_pton(AF[6], address) for address in (CLIENT[6], SERVER[6])]
    pseudo = b"".join(ends) + struct.pack("!II", len(sent), PROTOCOL[6])
    summed = checksum(pseudo + sent[:2] + bytes(2) + sent[4:])
    return sent[:2] + struct.pack("!H", summed) + sent[4:]


def seen(chain: Chain, events: Iterable[Event]) -> dict[tuple[str, int], set[tuple[str, str]]]:
    """Return by sender and IP version the hooks that saw it, each with the owner that it tells."""
    found: dict[tuple[str, int], set[tuple[str, str]]] = {}
    for event in events:
        for sender, is_its in _senders(chain).items():
            if event["dir"] == "out" and is_its(event):
                it = (event["hook"], _owner(event))
                found.setdefault((sender, event["family"]), set()).add(it)
    return found


def _owner(event: Event) -> str:
    if event.get("pid") == os.getpid():
        return "the process"
    return "kernel" if event.get("pid") == 0 else "nobody" if "pid" not in event else "wrong"


def _senders(chain: Chain) -> dict[str, Callable[[Event], bool]]:
    """Return of each sender how to tell its messages."""
    client, router, server = map(chain.inode, chain.namespaces)

    def requests(netns: int, number: int) -> Callable[[Event], bool]:
        return lambda one: (
            (one["netns"], one.get("type"), one.get("id")) == (netns, ECHO[one["family"]], number)
        )

    def of(netns: int, kinds: Callable[[int], Iterable[int]]) -> Callable[[Event], bool]:
        return lambda one: one["netns"] == netns and one.get("type", -1) in kinds(one["family"])

    found = {kind: requests(client, number) for number, kind in enumerate(SOCKETS, 1)}
    found["the kernel's answers"] = of(server, lambda family: [REPLY[family]])
    found["the kernel's errors"] = of(server, lambda family: [ERROR[family]])
    found["Neighbor Discovery"] = of(client, lambda family: NDP if family == 6 else ())
    found["Multicast Listener Discovery"] = of(client, lambda family: MLD if family == 6 else ())
    found["forwarded"] = requests(router, RAW_ID)
    return found
