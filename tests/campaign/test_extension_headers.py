"""IPv6 extension headers, in all orders: what they carry is read, or nothing is said."""

from __future__ import annotations

import struct

from tests.conftest import ADDRESSES, FAR, NEAR
from tests.frames import echo, packet, send_frame
from tests.tracing import traced

HOP_BY_HOP, TCP, ROUTING, FRAGMENT, AH, ICMPV6, NONE, DESTINATION = 0, 6, 43, 44, 51, 58, 59, 60
# Of each header what follows its first byte, the next header.
BODIES = {
    HOP_BY_HOP: b"\x00\x01\x04" + bytes(4),
    ROUTING: b"\x02\x04\x00" + bytes(20),
    FRAGMENT: bytes(3) + b"wxyz",
    AH: b"\x04" + bytes(22),
    DESTINATION: b"\x01\x01\x0c" + bytes(12),
}
WAYS = ("kretprobe", "tracepoint")
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


def test_chains(veth: tuple[str, str, str]) -> None:
    with traced(WAYS, "-6") as events:
        for seq, headers in enumerate(READ + NOT_READ):
            send_frame(veth[0], chained(headers, echo(6, 77, seq))[0])
    expected = []
    for seq, headers in enumerate(READ):
        size = chained(headers, b"")[1] + 16
        expected.append((*ADDRESSES[6], 128, 77, seq, 16, 40 + size, None))
    keys = ("src", "dst", "type", "id", "seq", "len", "ip_len", "frag_off")
    for way in WAYS:
        for name in (NEAR, FAR):
            found = [one for one in events[way] if (one["if"], one.get("id")) == (name, 77)]
            assert [tuple(event.get(key) for key in keys) for event in found] == expected


def test_fragments(veth: tuple[str, str, str]) -> None:
    with traced(WAYS, "-6") as events:
        send_frame(veth[0], fragment(0, 1, echo(6, 78, 1)))
        send_frame(veth[0], fragment(16, 0, echo(6, 78, 2)))
    keys = ("type", "id", "seq", "len", "header_absent", "frag_off", "more_frags")
    for way in WAYS:
        for name in (NEAR, FAR):
            found = [one for one in events[way] if one["if"] == name and "frag_off" in one]
            found = [one for one in found if one["src"] == ADDRESSES[6][0]]
            assert [tuple(event.get(key) for key in keys) for event in found] == [
                (128, 78, 1, 16, None, 0, True),
                (None, None, None, 16, "fragment", 16, False),
            ]
            assert "pid" not in found[1] or name == NEAR  # whose echo it is of is not known


def test_what_is_no_icmpv6_or_ends_before_it(veth: tuple[str, str, str]) -> None:
    """The kernels' own messages may come in between."""
    cut, lying = chained((DESTINATION,), b"")[0][:44], packet(6, b"\x3a\xff" + bytes(14), 60)
    segment, nothing = chained((ROUTING,), bytes(20), TCP)[0], chained((AH,), b"", NONE)[0]
    with traced(WAYS, "-6", "--src", ADDRESSES[6][0], "-t", "!ndp", "-t", "!mld") as events:
        for sent in (cut, lying, segment, nothing):
            send_frame(veth[0], sent)
    assert events == {way: [] for way in WAYS}
