"""``pyicmp drops`` beside a chain of network namespaces in which tests have ICMP dropped."""

from __future__ import annotations

import re
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pyicmp import bpf
from tests.chain import CLIENT, ROUTER, SERVER, inside
from tests.echoes import ipv6, spoiled
from tests.frames import AF, PROTOCOL
from tests.healthy import mixed, prepare, sniffers
from tests.judging import Judging, Line
from tests.messages import message
from tests.pinger import checksum, ipv4
from tests.tracing import ROOT, Run, ping, settle

GATEWAY = {4: "203.0.113.1", 6: "2001:db8:2::1"}  # the server's
FREED = ROOT / "build" / "tests" / "freed.bpf.o"
REPLY = {4: 0, 6: 129}
PATIENCE = 10.0
QUIET = 0.7


class Dropping(Judging):
    """
    ``pyicmp drops -o json`` while it runs, and a chain of network namespaces.

    Neighbours are known for good, so that nobody looks for one: what is dropped is the test's.
    """

    def __init__(self) -> None:
        super().__init__("drops")
        self._inodes = {self.chain.inode(netns) for netns in self.chain.namespaces}
        client, router, server = self.chain.namespaces
        for netns, own, peers, mac in (
            (client, "wc0", ROUTER, self.mac(router, "wr0")),
            (router, "wr0", CLIENT, self.mac(client, "wc0")),
            (server, "ws0", GATEWAY, self.mac(router, "wr1")),
        ):
            for peer in peers.values():
                neighbour = f"{peer} dev {own} lladdr {mac} nud permanent"
                self.chain.run(netns, "ip", "neigh", "replace", *neighbour.split())

    @contextmanager
    def while_(self, netns: str, do: str, undo: str) -> Iterator[None]:
        """Have settings of a namespace for as long as the block lasts."""
        self.chain.run(netns, "sh", "-c", do)
        try:
            yield
        finally:
            self.chain.run(netns, "sh", "-c", undo)

    @contextmanager
    def expect(self, count: int | None = 1, kind: str = "") -> Iterator[list[Line]]:
        """
        Give what is said of these namespaces while the block lasts.

        Args:
            count: So many lines there must be, and no more.
            kind: Count messages of this type only: where all that is sent is dropped.
        """
        before, found = len(self.all_lines(kind)), list[Line]()
        yield found
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up and len(self.all_lines(kind)) - before < (count or 0):
            time.sleep(0.1)
        time.sleep(QUIET)
        found += self.all_lines(kind)[before:]
        assert count is None or len(found) == count, found

    def all_lines(self, kind: str = "") -> list[Line]:
        """Return what was said of these namespaces up to now, of a type or of all."""
        return [
            line
            for line in self.lines()
            if line["netns"] in self._inodes and kind in ("", line.get("type_name"))
        ]


def function(line: Line) -> str:
    """Return the function that dropped, as the kernel's source calls it."""
    return re.split(r"[.+]", line.get("location", ""))[0]


def send_raw(netns: str, to: str, payload: bytes, hops: int = 64) -> None:
    """Send a message by a raw socket; the kernel adds ICMPv6's checksum."""
    family = 6 if ":" in to else 4
    level = (0, 2) if family == 4 else (41, 16)  # IP_TTL, IPV6_UNICAST_HOPS
    with inside(netns), socket.socket(AF[family], socket.SOCK_RAW, PROTOCOL[family]) as raw:
        raw.setsockopt(*level, hops)
        raw.sendto(payload, (to, 0))


def reply(family: int, number: int) -> bytes:
    """Return an echo reply that nobody has asked for."""
    return message(REPLY[family], 0, number << 16 | 1)


def send_spoiled_reply(dropping: Dropping, family: int) -> None:
    """Let the server send one whose checksum is wrong."""
    payload = spoiled(reply(family, 99))
    if family == 6:
        payload = ipv6(SERVER[6], CLIENT[6], payload)
    protocol = socket.IPPROTO_RAW if family == 6 else socket.IPPROTO_ICMP
    with inside(dropping.chain.server), socket.socket(AF[family], socket.SOCK_RAW, protocol) as raw:
        raw.sendto(payload, (CLIENT[family], 0))


def send_frame(dropping: Dropping, packet: bytes) -> None:
    """Let the client put an IPv4 packet on the wire to the router, whatever is wrong with it."""
    with inside(dropping.chain.client), socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM) as link:
        link.sendto(packet, ("wc0", 0x0800, 0, 0, dropping.chain.mac_of_router()))


def request_packet(**wrong: int) -> bytes:
    """Return an echo request from client to router; a header's ``checksum`` or ``len`` is wrong."""
    packet = ipv4(CLIENT[4], ROUTER[4], 64, message(8, 0, 7 << 16 | 1))
    if "len" in wrong:
        head = packet[:2] + struct.pack("!H", len(packet) + wrong["len"]) + packet[4:10] + bytes(2)
        head += packet[12:20]
        packet = head[:10] + struct.pack("!H", checksum(head)) + head[12:] + packet[20:]
    if "checksum" in wrong:
        spoilt = struct.unpack("!H", packet[10:12])[0] ^ wrong["checksum"]
        packet = packet[:10] + struct.pack("!H", spoilt) + packet[12:]
    return packet


def healthy_for(seconds: float) -> tuple[list[Line], int, int]:
    """
    Let nothing be dropped for some time, while sniffers' buffers are full.

    Return what ``pyicmp drops`` said, how often ``skb:kfree_skb`` fired for ICMP meanwhile, and
    how many rounds of traffic that were.
    """
    dropping = Dropping()
    try:
        prepare(dropping.chain)
        opened = bpf.open(FREED)
        with opened, opened.load() as counting, counting.programs["kfree_skb"].attach():
            with dropping.expect(None) as lines, sniffers(dropping.chain):
                rounds = mixed(dropping.chain, seconds)
            return lines, counting.globals["freed"], rounds
    finally:
        dropping.close()


def check_tracepoint_alone() -> None:
    """On loopback: what needs no other hook is told, once, and what is answered is not."""
    number = 0x4D2
    with Run("drops", "--attach", "tracepoint", "-o", "json", "--id", str(number)) as dropping:
        ping(3, "-e", str(number))
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            message = reply(4, number)
            raw.sendto(ipv4("127.0.0.1", "127.0.0.1", 64, message), ("127.0.0.1", 0))
        settle()
        assert dropping.end() == 0
    (line,) = dropping.events
    assert (line["verdict"], line["type_name"], line["dir"]) == ("dropped", "echo-reply", "in")
    assert function(line) in {"icmp_rcv", "ping_rcv"}
    assert "# tracepoint sees what is freed, and nothing else" in dropping.stderr
