"""IPv6 extension headers, in all orders: what they carry is read, or nothing is said."""

from __future__ import annotations

import struct

import pytest

from tests.conftest import ADDRESSES, FAR, NEAR
from tests.frames import echo, packet, send_frame
from tests.tracing import Run, settle

HOP_BY_HOP, TCP, ROUTING, FRAGMENT, AH, ICMPV6, NONE, DESTINATION = 0, 6, 43, 44, 51, 58, 59, 60
# Of each header what follows its first byte, the next header.
BODIES = {
    HOP_BY_HOP: b"\x00\x01\x04" + bytes(4),
    ROUTING: b"\x02\x04\x00" + bytes(20),
    FRAGMENT: bytes(3) + b"wxyz",
    AH: b"\x04" + bytes(22),
    DESTINATION: b"\x01\x01\x0c" + bytes(12),
}
READ = (
    (),
    (HOP_BY_HOP,),
    (DESTINATION,),
    (ROUTING,),
    (FRAGMENT,),
    (AH,),
    (HOP_BY_HOP, DESTINATION, ROUTING, FRAGMENT, AH, DESTINATION),
)
NOT_READ = ((DESTINATION,) * 7,)


def chained(headers: tuple[int, ...], payload: bytes, last: int = ICMPV6) -> tuple[bytes, int]:
    """Return a packet, and how long its extension headers are."""
    following = [*headers[1:], last]
    chain = b"".join(
        bytes([after]) + BODIES[one] for one, after in zip(headers, following, strict=False)
    )
    return packet(6, chain + payload, headers[0] if headers else last), len(chain)


def fragment(offset: int, more: int, payload: bytes) -> bytes:
    return packet(6, struct.pack("!BBHI", ICMPV6, 0, offset | more, 7) + payload, FRAGMENT)


@pytest.mark.parametrize("way", ["kretprobe", "fexit", "tracepoint"])
def test_chains(veth: tuple[str, str, str], way: str) -> None:
    with Run("-6", "-o", "json", "--attach", way) as tracer:
        for seq, headers in enumerate(READ + NOT_READ):
            send_frame(veth[0], chained(headers, echo(6, 77, seq))[0])
        settle()
        assert tracer.end() == 0
    expected = []
    for seq, headers in enumerate(READ):
        size = chained(headers, b"")[1] + 16
        expected.append((*ADDRESSES[6], 128, 77, seq, 16, 40 + size, None))
    keys = ("src", "dst", "type", "id", "seq", "len", "ip_len", "frag_off")
    for name in (NEAR, FAR):
        events = [one for one in tracer.events if one["if"] == name and one.get("id") == 77]
        assert [tuple(event.get(key) for key in keys) for event in events] == expected


@pytest.mark.parametrize("way", ["kretprobe", "fexit", "tracepoint"])
def test_what_is_no_icmpv6_or_ends_before(veth: tuple[str, str, str], way: str) -> None:
    cut, lying = chained((DESTINATION,), b"")[0][:44], packet(6, b"\x3a\xff" + bytes(14), 60)
    segment, nothing = chained((ROUTING,), bytes(20), TCP)[0], chained((AH,), b"", NONE)[0]
    with Run("-6", "-o", "json", "--attach", way) as tracer:
        for sent in (cut, lying, segment, nothing):
            send_frame(veth[0], sent)
        send_frame(veth[0], fragment(0, 1, echo(6, 78, 1)))
        send_frame(veth[0], fragment(16, 0, echo(6, 78, 2)))
        settle()
        assert tracer.end() == 0
    for name in (NEAR, FAR):
        events = [one for one in tracer.events if one["if"] == name]
        events = [one for one in events if one["src"] == ADDRESSES[6][0] and "frag_off" in one]
        first, later = events
        assert (first["type"], first["id"], first["frag_off"], first["more_frags"]) == (
            (128, 78, 0, True)
        )
        assert (later["header_absent"], later["frag_off"], later["more_frags"]) == (
            ("fragment", 16, False)
        )
        assert not later.keys() & {"type", "id", "seq", "pid", "comm"} or name == NEAR
    others = {one["type"] for one in tracer.events if "type" in one}
    assert others <= {3, 4, 128, 129, 133, 135, 136, 143}
