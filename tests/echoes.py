"""
Sends echo requests as fast as it can and says how many replies came: a program of its own.

usage: python3 -m tests.echoes raw|badsum PEER ID COUNT [CPU]
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import time

from tests.pinger import echo

LINGER = 1.0
BURST = 100  # after so many it looks for replies, before they fill the socket's buffer
IPPROTO_RAW = 255


def spoiled(message: bytes) -> bytes:
    """Return an ICMP message whose checksum is wrong."""
    wrong = struct.unpack("!H", message[2:4])[0] ^ 0x5555
    return message[:2] + struct.pack("!H", wrong) + message[4:]


def ipv6(source: str, peer: str, payload: bytes) -> bytes:
    """Return a packet; of raw sockets only IPPROTO_RAW leaves its checksum alone."""
    addresses = socket.inet_pton(10, source) + socket.inet_pton(10, peer)
    return struct.pack("!IHBB", 6 << 28, len(payload), 58, 64) + addresses + payload


def source_for(family: int, peer: str) -> str:
    """Return the address that the kernel would send from."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((peer, 9))
        return str(probe.getsockname()[0])


def replies(receiver: socket.socket, number: int) -> int:
    """Return how many replies to this program's requests have come."""
    found = 0
    while True:
        try:
            packet = receiver.recv(2048)
        except BlockingIOError:
            return found
        message = packet if receiver.family == socket.AF_INET6 else packet[20:]
        found += message[0] in (0, 129) and struct.unpack("!H", message[4:6])[0] == number


def main(kind: str, peer: str, number: int, count: int) -> None:
    """Send all, and count what comes."""
    family = socket.AF_INET6 if ":" in peer else socket.AF_INET
    protocol = socket.IPPROTO_ICMPV6 if family == socket.AF_INET6 else socket.IPPROTO_ICMP
    receiver = socket.socket(family, socket.SOCK_RAW, protocol)
    receiver.setsockopt(socket.SOL_SOCKET, 33, 1 << 22)  # SO_RCVBUFFORCE
    sender = receiver
    if kind == "badsum" and family == socket.AF_INET6:
        sender = socket.socket(family, socket.SOCK_RAW, IPPROTO_RAW)
        source = source_for(family, peer)
    receiver.setblocking(False)
    found = 0
    for seq in range(1, count + 1):
        if seq % BURST == 0:
            found += replies(receiver, number)
        message = echo(family, number, seq)
        if kind == "badsum":
            message = spoiled(message)
        if sender is not receiver:
            message = ipv6(source, peer, message)
        sender.sendto(message, (peer, 0))
    time.sleep(LINGER)
    print(found + replies(receiver, number))


if __name__ == "__main__":
    if len(sys.argv) > 5:
        os.sched_setaffinity(0, {int(sys.argv[5])})
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
