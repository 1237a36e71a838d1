"""Quoted packets of every length: what is there is read, by the kernel's filter too."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from tests.conftest import ADDRESSES
from tests.frames import AF, ERROR, IP_LEN, PROTOCOL, packet
from tests.messages import message
from tests.tracing import traced

WAYS = ("kretprobe", "tracepoint")
DATAGRAM = b"\x9c\x40\x82\x9a\x00\x10\x00\x00quoted!!"  # from port 40000 to 33434
# Where each value of a quote ends, from the start of its IP header.
ENDS = {
    4: {"family": 1, "len": 4, "frag_off": 8, "ttl": 9, "proto": 10, "src": 16, "dst": 20},
    6: {"family": 1, "len": 6, "proto": 7, "ttl": 8, "src": 24, "dst": 40},
}


@pytest.mark.parametrize("family", [4, 6])
def test_each_length(veth: tuple[str, str, str], family: int) -> None:
    quote = packet(family, DATAGRAM, socket.IPPROTO_UDP)
    wanted = f"udp src port 40000 dst port 33434 dst host {ADDRESSES[family][1]}"
    with (
        traced(WAYS, "-t", "unreachable") as events,
        traced(WAYS, "-t", "unreachable", "--inner", wanted) as filtered,
        socket.socket(AF[family], socket.SOCK_RAW, PROTOCOL[family]) as raw,
    ):
        for size in range(len(quote) + 1):
            error = message(ERROR[family], 0, 0, quote[:size])
            raw.sendto(error, (ADDRESSES[family][1], 0))
    for found, first in ((events, 0), (filtered, IP_LEN[family] + 4)):
        lengths = [*range(first, len(quote) + 1)]
        for way in WAYS:
            errors = [one for one in found[way] if one["src"] == ADDRESSES[family][0]]
            assert sorted(one["len"] - 8 for one in errors) == sorted(lengths * 2), way
            for one in errors:
                told = expected(family, len(quote), one["len"] - 8)
                assert one.get("inner", {}) == told, way


def expected(family: int, whole: int, size: int) -> dict[str, Any]:
    """Return what the first *size* bytes of the quoted packet tell."""
    near, far = ADDRESSES[family]
    values = {"family": family, "len": whole, "ttl": 64, "proto": 17, "src": near, "dst": far}
    values |= {"frag_off": 0, "sport": 40000, "dport": 33434}
    ends = ENDS[family] | {"sport": IP_LEN[family] + 2, "dport": IP_LEN[family] + 4}
    return {key: values[key] for key, end in ends.items() if end <= size}
