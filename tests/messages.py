"""ICMP messages of every IPv4 type that IANA lists, sent through a raw socket."""

from __future__ import annotations

import socket
import struct

from tests.pinger import checksum

# Each type with its codes, assigned or not; 255 is nobody's.
KINDS = [
    *((0, 0), (4, 0), (6, 0), (8, 0), (9, 0), (9, 16), (10, 0), (255, 7)),
    *((3, code) for code in range(16)),
    *((5, code) for code in range(4)),
    *((kind, code) for kind in (11, 12) for code in range(3)),
    *((kind, 0) for kind in (*range(13, 20), *range(30, 42))),
    *((43, code) for code in range(5)),
    (42, 0),
]


def message(kind: int, code: int, rest: int, payload: bytes = b"payload!") -> bytes:
    """Return an ICMP message with a right checksum."""
    head = struct.pack("!BBHI", kind, code, 0, rest)
    return head[:2] + struct.pack("!H", checksum(head + payload)) + head[4:] + payload


def send_all_kinds(to: str = "127.0.0.1") -> int:
    """Send one message of each kind and return how many there were."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
        for number, (kind, code) in enumerate(KINDS):
            raw.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1 + number)
            raw.sendto(message(kind, code, 0x12340000 + 0x0A000001 * number & 0xFFFFFFFF), (to, 0))
    return len(KINDS)
