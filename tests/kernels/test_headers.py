"""Headers that are not where they usually are, or not at all: said to be so, not guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ADDRESSES, FAR, NEAR, ip
from tests.frames import ECHO, ETHERNET_LEN, IP_LEN, echo, packet, send_frame
from tests.messages import message
from tests.tracing import Run, settle

WAYS = ("kretprobe", "fexit", "tracepoint")
FAMILIES = (4, 6)
Events = dict[str, list[dict[str, Any]]]


@pytest.fixture
def jumbo(veth: tuple[str, str, str]) -> str:
    netns, near, _ = veth
    ip(f"link set {near} mtu 9000")
    ip(f"-n {netns} link set {FAR} mtu 9000")
    return netns


def seen(netns: str, way: str, *sent: bytes, linear_len: int | None = None) -> Events:
    """Send frames, and return what is said of them: by interface, so by direction."""
    with Run("-o", "json", "--attach", way) as tracer:
        for one in sent:
            send_frame(netns, one, linear_len)
        settle()
        assert tracer.end() == 0
    family = sent[0][0] >> 4
    wanted = [one for one in tracer.events if one["src"] == ADDRESSES[family][0]]
    wanted = [one for one in wanted if one.get("type") in (ECHO[family], 1, 3, None)]
    return {name: [one for one in wanted if one["if"] == name] for name in (NEAR, FAR)}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("linear", "absent"), [(7, "nonlinear"), (8, None)])
def test_icmp_header_in_a_page_fragment(
    jumbo: str, way: str, family: int, linear: int, absent: str | None
) -> None:
    sent = packet(family, echo(family, 7, 3, bytes(6000)))
    found = seen(jumbo, way, sent, linear_len=ETHERNET_LEN + IP_LEN[family] + linear)
    for name, direction in ((NEAR, "out"), (FAR, "in")):
        (event,) = found[name]
        assert event["dir"] == direction
        assert (event["src"], event["dst"]) == ADDRESSES[family]
        assert (event["len"], event["ip_len"]) == (6008, 6008 + IP_LEN[family])
        assert event.get("header_absent") == absent
        assert (event.get("id"), event.get("seq")) == ((None, None) if absent else (7, 3))
        assert ("type" in event) == (absent is None)
    assert found[FAR][0]["netns"] == Path(f"/run/netns/{jumbo}").stat().st_ino


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("way", ["kretprobe", "fexit"])
def test_ip_header_in_a_page_fragment(jumbo: str, way: str, family: int) -> None:
    """ip_rcv_core pulls the IP header in, and no more; on the way out nobody does."""
    sent = packet(family, echo(family, 7, 3, bytes(6000)))
    found = seen(jumbo, way, sent, linear_len=ETHERNET_LEN)
    (event,) = found[FAR]
    assert event["header_absent"] == "nonlinear"
    assert found[NEAR] == []


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("way", WAYS)
def test_packets_too_short_for_a_header(veth: tuple[str, str, str], way: str, family: int) -> None:
    cut = [packet(family, echo(family, 7, 3)[:size]) for size in range(8)]
    found = seen(veth[0], way, *cut)
    for name in (NEAR, FAR):
        assert [event["len"] for event in found[name]] == list(range(8))
        for event in found[name]:
            assert event["header_absent"] == "truncated"
            assert not event.keys() & {"type", "code", "id", "seq"}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_length_beyond_the_frame(veth: tuple[str, str, str], family: int) -> None:
    """Nothing drops it before the tracepoint; ip_rcv_core does."""
    found = seen(veth[0], "tracepoint", packet(family, echo(family, 7, 3)[:4], length=900))
    for name in (NEAR, FAR):
        (event,) = found[name]
        assert (event["header_absent"], event["len"]) == ("truncated", 900)
    assert seen(veth[0], "kretprobe", packet(family, bytes(4), length=900))[FAR] == []


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("way", WAYS)
def test_what_follows_the_packet_is_not_of_it(
    veth: tuple[str, str, str], way: str, family: int
) -> None:
    """An error that quotes an IP header only; ports seem to stand behind it."""
    quote = packet(family, b"", 17, length=8)
    error = message(3 if family == 4 else 1, 0, 0, quote)
    sent = packet(family, error + b"\x9c\x40\x82\x9a" * 2, length=len(error))
    with Run("-o", "json", "--inner", "dst port 33434", "--attach", way) as filtered:
        found = seen(veth[0], way, sent)
        assert filtered.end() == 0
    assert filtered.events == []
    for name in (NEAR, FAR):
        (event,) = [one for one in found[name] if "inner" in one]
        assert event["inner"]["proto"] == 17
        assert not event["inner"].keys() & {"sport", "dport"}


@pytest.mark.parametrize("way", ["kretprobe", "fexit"])
def test_what_validation_dropped_is_not_shown(jumbo: str, way: str) -> None:
    """A wrong IP checksum: ip_rcv_core returns NULL."""
    sent = bytearray(packet(4, echo(4, 7, 3)))
    sent[10] ^= 0xFF
    found = seen(jumbo, way, bytes(sent))
    assert (len(found[NEAR]), found[FAR]) == (1, [])
