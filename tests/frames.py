"""IP packets and Ethernet frames as nobody's kernel would make them."""

from __future__ import annotations

import json
import socket
import struct
import subprocess

from tests.conftest import ADDRESSES, FAR, NEAR
from tests.messages import message
from tests.pinger import checksum

SOL_PACKET, PACKET_VNET_HDR = 263, 15
ETHERNET_LEN, IP_LEN = 14, {4: 20, 6: 40}
ETHERTYPE, ECHO, ERROR = {4: 0x0800, 6: 0x86DD}, {4: 8, 6: 128}, {4: 3, 6: 1}
AF = {4: socket.AF_INET, 6: socket.AF_INET6}
PROTOCOL = {4: 1, 6: 58}


def packet(
    family: int,
    payload: bytes,
    protocol: int | None = None,
    length: int | None = None,
    ends: tuple[str, str] | None = None,
) -> bytes:
    """
    Return a packet.

    Args:
        family: 4 or 6.
        payload: What follows the IP header.
        protocol: Of the payload; ICMP otherwise.
        length: What the header says of the payload's; the truth otherwise.
        ends: Source and destination; the near and the far end of the veth pair otherwise.
    """
    near, far = (socket.inet_pton(AF[family], address) for address in ends or ADDRESSES[family])
    proto = PROTOCOL[family] if protocol is None else protocol
    length = len(payload) if length is None else length
    if family == 6:
        return struct.pack("!IHBB", 6 << 28, length, proto, 64) + near + far + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 1, 0, 64, proto, 0) + near + far
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def echo(family: int, number: int, seq: int, payload: bytes = b"payload!") -> bytes:
    """Return an echo request; the checksum is not ICMPv6's."""
    return message(ECHO[family], 0, number << 16 | seq, payload)


def send_frame(
    netns: str, payload: bytes, linear_len: int | None = None, family: int | None = None
) -> None:
    """
    Send a packet to the far end, of which only the first bytes lie in the skb's linear area.

    A packet socket with a virtio header puts the rest into page fragments, if all of it is more
    than a page (net/packet/af_packet.c, packet_snd).

    Args:
        netns: The far end's.
        payload: An IP packet.
        linear_len: How many, the Ethernet header's included; all of them otherwise.
        family: What the frame says that the packet is; the truth otherwise.
    """
    destination = bytes.fromhex(link_address(netns).replace(":", ""))
    ethertype = ETHERTYPE[payload[0] >> 4 if family is None else family]
    frame = destination + bytes(6) + struct.pack("!H", ethertype) + payload
    linear_len = len(frame) if linear_len is None else linear_len
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw:
        raw.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        raw.bind((NEAR, 0))
        raw.send(struct.pack("=BBHHHH", 0, 0, linear_len, 0, 0, 0) + frame)


def link_address(netns: str) -> str:
    """Return the hardware address of the far end."""
    listing = ["ip", "-n", netns, "-j", "link", "show", FAR]
    shown = json.loads(subprocess.run(listing, capture_output=True, check=True).stdout)
    return str(shown[0]["address"])
