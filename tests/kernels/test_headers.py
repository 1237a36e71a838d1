"""Headers that are not where they usually are, or not at all: said to be so, not guessed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ADDRESSES, FAR, NEAR, ip
from tests.frames import ECHO, ERROR, ETHERNET_LEN, IP_LEN, echo, packet, send_frame
from tests.messages import message
from tests.tracing import traced

WAYS = ("kretprobe", "fexit", "tracepoint")
FAMILIES = (4, 6)
Event = dict[str, Any]


@pytest.fixture
def jumbo(veth: tuple[str, str, str]) -> str:
    netns, near, _ = veth
    ip(f"link set {near} mtu 9000")
    ip(f"-n {netns} link set {FAR} mtu 9000")
    return netns


def said(events: dict[str, list[Event]], name: str) -> Iterator[tuple[str, list[Event]]]:
    """Yield each way with what it says of the frames sent: at one of the two interfaces."""
    for way, found in events.items():
        mine = [one for one in found if one["if"] == name]
        mine = [one for one in mine if one["src"] == ADDRESSES[one["family"]][0]]
        kinds = {family: (ECHO[family], ERROR[family], None) for family in FAMILIES}
        yield way, [one for one in mine if one.get("type") in kinds[one["family"]]]


@pytest.mark.parametrize(("linear", "absent"), [(0, "nonlinear"), (7, "nonlinear"), (8, None)])
def test_icmp_header_in_a_page_fragment(jumbo: str, linear: int, absent: str | None) -> None:
    with traced(WAYS) as events:
        for family in FAMILIES:
            sent = packet(family, echo(family, 7, 3, bytes(6000)))
            send_frame(jumbo, sent, ETHERNET_LEN + IP_LEN[family] + linear)
    for name, direction in ((NEAR, "out"), (FAR, "in")):
        for way, found in said(events, name):
            assert [event["family"] for event in found] == [4, 6], way
            for event in found:
                assert event["dir"] == direction
                assert (event["src"], event["dst"]) == ADDRESSES[event["family"]]
                assert (event["len"], event["ip_len"]) == (6008, 6008 + IP_LEN[event["family"]])
                assert event.get("header_absent") == absent
                assert (event.get("id"), event.get("seq")) == ((None, None) if absent else (7, 3))
                assert ("type" in event) == (absent is None)
                there = Path(f"/run/netns/{jumbo}").stat().st_ino
                assert (event["netns"] == there) == (direction == "in")


def test_ip_header_in_a_page_fragment(jumbo: str) -> None:
    """ip_rcv_core pulls the IP header in, and no more; before that, and going out, nobody does."""
    with traced(WAYS) as events:
        for family in FAMILIES:
            send_frame(jumbo, packet(family, echo(family, 7, 3, bytes(6000))), ETHERNET_LEN)
    absent = {way: [event.get("header_absent") for event in got] for way, got in said(events, FAR)}
    assert absent == {"kretprobe": ["nonlinear"] * 2, "fexit": ["nonlinear"] * 2, "tracepoint": []}
    assert dict(said(events, NEAR)) == {way: [] for way in WAYS}


def test_packets_too_short_for_a_header(veth: tuple[str, str, str]) -> None:
    with traced(WAYS) as events:
        for family in FAMILIES:
            for size in range(8):
                send_frame(veth[0], packet(family, echo(family, 7, 3)[:size]))
    for name in (NEAR, FAR):
        for way, found in said(events, name):
            assert [event["len"] for event in found] == [*range(8)] * 2, way
            for event in found:
                assert event["header_absent"] == "truncated"
                assert not event.keys() & {"type", "code", "id", "seq"}


def test_a_length_beyond_the_frame(veth: tuple[str, str, str]) -> None:
    """Nothing drops it before the tracepoint; ip_rcv_core does."""
    with traced(WAYS) as events:
        for family in FAMILIES:
            send_frame(veth[0], packet(family, echo(family, 7, 3)[:4], length=900))
    for name in (NEAR, FAR):
        for way, found in said(events, name):
            expected = [] if name == FAR and way != "tracepoint" else [("truncated", 900)] * 2
            assert [(event["header_absent"], event["len"]) for event in found] == expected


def test_header_lengths_that_lie(veth: tuple[str, str, str]) -> None:
    """An IPv4 header of 16 bytes, which ip_rcv_core drops; an IPv6 packet of nothing."""
    with traced(WAYS) as events:
        send_frame(veth[0], b"\x44" + packet(4, echo(4, 7, 3))[1:])
        send_frame(veth[0], packet(6, echo(6, 7, 3), length=0))
    for name in (NEAR, FAR):
        for way, found in said(events, name):
            families = [6] if name == FAR and way != "tracepoint" else [4, 6]
            assert [event["family"] for event in found] == families, way
            assert {(event["header_absent"], event["len"]) for event in found} == {("truncated", 0)}


def test_a_packet_of_another_version_than_its_frame_says(veth: tuple[str, str, str]) -> None:
    """Where IPv4 has its protocol, an address that begins with 2001: has ICMP's number."""
    with traced(WAYS, "-t", "!ndp", "-t", "!mld") as events:
        send_frame(veth[0], packet(6, echo(6, 7, 3)), family=4)
        send_frame(veth[0], packet(4, echo(4, 7, 3)), family=6)
    assert events == {way: [] for way in WAYS}


def test_what_follows_the_packet_is_not_of_it(veth: tuple[str, str, str]) -> None:
    """An error that quotes an IP header only; ports seem to stand behind it."""
    with traced(WAYS) as events, traced(WAYS, "--inner", "dst port 33434") as filtered:
        for family in FAMILIES:
            error = message(ERROR[family], 0, 0, packet(family, b"", 17, length=8))
            behind = b"\x9c\x40\x82\x9a" * 2
            send_frame(veth[0], packet(family, error + behind, length=len(error)))
    assert filtered == {way: [] for way in WAYS}
    for name in (NEAR, FAR):
        for way, found in said(events, name):
            assert [event["inner"]["proto"] for event in found] == [17, 17], way
            for event in found:
                assert not event["inner"].keys() & {"sport", "dport"}


def test_what_validation_dropped_is_not_shown(veth: tuple[str, str, str]) -> None:
    """A wrong IP checksum: ip_rcv_core returns NULL."""
    sent = bytearray(packet(4, echo(4, 7, 3)))
    sent[10] ^= 0xFF
    with traced(WAYS) as events:
        send_frame(veth[0], bytes(sent))
    assert [len(found) for _, found in said(events, NEAR)] == [1, 1, 1]
    assert [len(found) for _, found in said(events, FAR)] == [0, 0, 1]
