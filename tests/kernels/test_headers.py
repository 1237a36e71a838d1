"""Headers that are not where they usually are: said to be so, not guessed."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
from pathlib import Path

import pytest

from tests.conftest import FAR, FAR_ADDRESS, NEAR, NEAR_ADDRESS, ip
from tests.messages import message
from tests.pinger import checksum
from tests.tracing import Run, settle

SOL_PACKET, PACKET_VNET_HDR = 263, 15
ETHERNET_LEN, IP_LEN = 14, 20


def ip_packet(payload: bytes) -> bytes:
    """Return an IPv4 packet to the far end, protocol ICMP."""
    addresses = socket.inet_aton(NEAR_ADDRESS) + socket.inet_aton(FAR_ADDRESS)
    head = struct.pack("!BBHHHBBH", 0x45, 0, IP_LEN + len(payload), 1, 0, 64, 1, 0) + addresses
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def send_frame(netns: str, packet: bytes, linear_len: int) -> None:
    """
    Send a frame of which only the first *linear_len* bytes lie in the skb's linear area.

    A packet socket with a virtio header puts the rest into page fragments, if all of it is more
    than a page (net/packet/af_packet.c, packet_snd).
    """
    destination = bytes.fromhex(link_address(netns).replace(":", ""))
    frame = destination + bytes(6) + b"\x08\x00" + packet
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw:
        raw.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        raw.bind((NEAR, 0))
        raw.send(struct.pack("=BBHHHH", 0, 0, linear_len, 0, 0, 0) + frame)


def link_address(netns: str) -> str:
    """Return the hardware address of the far end."""
    listing = ["ip", "-n", netns, "-j", "link", "show", FAR]
    shown = json.loads(subprocess.run(listing, capture_output=True, check=True).stdout)
    return str(shown[0]["address"])


@pytest.fixture
def jumbo(veth: tuple[str, str, str]) -> str:
    netns, near, _ = veth
    ip(f"link set {near} mtu 9000")
    ip(f"-n {netns} link set {FAR} mtu 9000")
    return netns


@pytest.mark.parametrize("way", ["kretprobe", "fexit", "tracepoint"])
@pytest.mark.parametrize(
    ("linear_len", "absent"),
    [(ETHERNET_LEN + IP_LEN, "nonlinear"), (ETHERNET_LEN + IP_LEN + 8, None)],
)
def test_icmp_header_in_a_page_fragment(
    jumbo: str, way: str, linear_len: int, absent: str | None
) -> None:
    with Run("-4", "-Q", "in", "-o", "json", "--attach", way) as tracer:
        send_frame(jumbo, ip_packet(message(8, 0, 0x00070003, bytes(6000))), linear_len)
        settle()
        assert tracer.end() == 0
    (event,) = [one for one in tracer.events if one["if"] == FAR]
    assert (event["src"], event["dst"]) == (NEAR_ADDRESS, FAR_ADDRESS)
    assert (event["len"], event["netns"]) == (6008, Path(f"/run/netns/{jumbo}").stat().st_ino)
    assert event.get("header_absent") == absent
    assert event.get("id") == (None if absent else 7)
    assert ("type" in event) == (absent is None)


@pytest.mark.parametrize("way", ["kretprobe", "fexit"])
def test_ip_header_in_a_page_fragment(jumbo: str, way: str) -> None:
    """ip_rcv_core pulls the IP header in, and no more of the packet than that."""
    with Run("-4", "-Q", "in", "-o", "json", "--attach", way) as tracer:
        send_frame(jumbo, ip_packet(message(8, 0, 1, bytes(6000))), ETHERNET_LEN)
        settle()
        assert tracer.end() == 0
    (event,) = [one for one in tracer.events if one["if"] == FAR]
    assert event["header_absent"] == "nonlinear"


@pytest.mark.parametrize("way", ["kretprobe", "fexit", "tracepoint"])
def test_a_packet_too_short_for_its_header(veth: tuple[str, str, str], way: str) -> None:
    with (
        Run("-4", "-Q", "in", "-o", "json", "--attach", way) as tracer,
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw,
    ):
        raw.sendto(ip_packet(b"\x08\x00\xf7\xff"), (FAR_ADDRESS, 0))
        settle()
        assert tracer.end() == 0
    (event,) = [one for one in tracer.events if one["if"] == FAR]
    assert (event["header_absent"], event["len"]) == ("truncated", 4)
    assert "type" not in event


@pytest.mark.parametrize("way", ["kretprobe", "fexit"])
def test_what_validation_dropped_is_not_shown(jumbo: str, way: str) -> None:
    """A wrong IP checksum: ip_rcv_core returns NULL."""
    packet = bytearray(ip_packet(message(8, 0, 1, bytes(6000))))
    packet[10] ^= 0xFF
    with Run("-4", "-Q", "in", "-o", "json", "--attach", way) as tracer:
        send_frame(jumbo, bytes(packet), ETHERNET_LEN + IP_LEN)
        settle()
        assert tracer.end() == 0
    assert [one for one in tracer.events if one["if"] == FAR] == []
