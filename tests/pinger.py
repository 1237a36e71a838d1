"""
Sends echo requests, one each few milliseconds, by one kind of socket: a program of its own.

usage: pinger.py ping|raw|hdrincl|packet PEER ID FIRST COUNT [--leave]

Each tenth has a hop limit of 1, so that a router answers with an error. With --leave it ends
without a look at any answer; otherwise it reads what comes for a second.
"""

from __future__ import annotations

import socket
import struct
import sys
import time

INTERVAL = 0.01
LINGER = 1.0
ETH_P_IP = 0x0800


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo(family: int, number: int, seq: int) -> bytes:
    """Return an echo request; of ICMPv6 the kernel makes the checksum."""
    kind, payload = (8 if family == socket.AF_INET else 128), b"pyicmp!!"
    head = struct.pack("!BBHHH", kind, 0, 0, number, seq)
    head = struct.pack("!BBHHH", kind, 0, checksum(head + payload), number, seq)
    return head + payload


def ipv4(source: str, peer: str, ttl: int, payload: bytes) -> bytes:
    """Return a packet whose checksum is right."""
    addresses = socket.inet_aton(source) + socket.inet_aton(peer)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, ttl, 1, 0) + addresses
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


class Sender:
    """One socket, and how an echo request leaves by it."""

    def __init__(self, kind: str, peer: str, number: int) -> None:
        self.kind, self.peer, self.number = kind, peer, number
        self.family = socket.AF_INET6 if ":" in peer else socket.AF_INET
        v6 = self.family == socket.AF_INET6
        self.level = socket.IPPROTO_IPV6 if v6 else socket.IPPROTO_IP
        self.hops = socket.IPV6_UNICAST_HOPS if v6 else socket.IP_TTL
        protocol = socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP
        if kind == "ping":
            self.socket = socket.socket(self.family, socket.SOCK_DGRAM, protocol)
            self.socket.bind(("::" if v6 else "0.0.0.0", number))
        elif kind == "packet":
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        else:
            self.socket = socket.socket(self.family, socket.SOCK_RAW, protocol)
        if kind == "hdrincl":
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)

    def send(self, seq: int, hops: int) -> None:
        """Send one request."""
        message = echo(self.family, self.number, seq)
        if self.kind == "packet":
            interface, mac, source = link_to(self.peer)
            packet = ipv4(source, self.peer, hops, message)
            self.socket.sendto(packet, (interface, ETH_P_IP, 0, 0, mac))
            return
        if self.kind == "hdrincl":
            message = ipv4(source_for(self.peer), self.peer, hops, message)
        else:
            self.socket.setsockopt(self.level, self.hops, hops)
        self.socket.sendto(message, (self.peer, 0))


def source_for(peer: str) -> str:
    """Return the address that the kernel would send from."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((peer, 9))
        return str(probe.getsockname()[0])


def link_to(peer: str) -> tuple[str, bytes, str]:
    """Return the only interface beside lo, its neighbour's MAC address, and the own address."""
    for line in open("/proc/net/arp").read().splitlines()[1:]:  # noqa: SIM115 - this process is short
        _, _, _, mac, _, interface = line.split()
        if mac != "00:00:00:00:00:00":
            return interface, bytes.fromhex(mac.replace(":", "")), source_for(peer)
    raise SystemExit("no neighbour is known")


def main(kind: str, peer: str, number: int, first: int, count: int, leave: bool) -> None:
    """Send all."""
    sender = Sender(kind, peer, number)
    for seq in range(first, first + count):
        sender.send(seq, 1 if seq % 10 == 0 else 64)
        time.sleep(INTERVAL)
    if not leave:
        time.sleep(LINGER)


if __name__ == "__main__":
    main(
        sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]),
        "--leave" in sys.argv,
    )  # fmt: skip
