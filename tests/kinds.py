"""Every kind of ICMP message: those that kernels make themselves, and samples of all others."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Mapping
from contextlib import suppress

from tests.chain import CLIENT, ROUTER, SERVER, Chain, inside
from tests.pinger import checksum

AF = {4: socket.AF_INET, 6: socket.AF_INET6}
ICMP = {4: socket.IPPROTO_ICMP, 6: socket.IPPROTO_ICMPV6}
HOPS = {4: (socket.IPPROTO_IP, socket.IP_TTL), 6: (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS)}
# Samples leave with this TTL, and each one with one more, so that captured ones can be told apart.
FIRST_TTL = 100
ROUTES = """\
route add prohibit 192.0.2.1
route add unreachable 192.0.2.2
-6 route add prohibit 2001:db8:9::1
link set {r}1 mtu 1300
"""
# Destination, payload: each makes the router say why it does not forward a datagram.
UNWANTED = {
    "2001:db8:1::200": 8,  # the router is a detour
    "192.0.2.1": 8,  # prohibited
    "192.0.2.2": 8,  # unreachable
    "192.0.2.3": 8,  # no route
    "2001:db8:9::1": 8,
    "2001:db8:9::2": 8,
    "198.51.100.200": 8,  # a detour
    "203.0.113.99": 8,  # no neighbour
    "2001:db8:2::99": 8,
    SERVER[4]: 1400,  # too big; else a closed port
    SERVER[6]: 1400,
}
# Redirects and errors share a limit of one a second and peer (net/ipv4/route.c, net/ipv6/icmp.c).
TOKEN_S = 1.2
LINKS = """\
-n {c} link add {c}9 type veth peer name {r}9 netns {r}
-n {r} link set {r}9 up
-n {c} link set {c}9 up
"""


def send_samples(chain: Chain, messages: Mapping[int, list[bytes]]) -> None:
    """Send messages by raw sockets from the client to the server, and back."""
    for netns, peers in ((chain.client, SERVER), (chain.server, CLIENT)):
        with inside(netns):
            for family, payloads in messages.items():
                with socket.socket(AF[family], socket.SOCK_RAW, ICMP[family]) as raw:
                    for number, payload in enumerate(payloads):
                        raw.setsockopt(*HOPS[family], FIRST_TTL + number)
                        raw.sendto(payload, (peers[family], 0))
                        time.sleep(0.002)


def make_errors(chain: Chain) -> None:
    """Send what the router or the server must complain about."""
    for line in ROUTES.splitlines():
        chain.ip(chain.router, line)
    for family, prefix in ((4, "198.51.100.200/32"), (6, "2001:db8:1::200/128")):
        chain.ip(chain.client, f"route add {prefix} via {ROUTER[family]}")
    for setting in ("ipv4.ipfrag_time=1", "ipv6.ip6frag_time=1"):
        chain.run(chain.server, "sysctl", "-qw", f"net.{setting}")
    with inside(chain.client):
        for peer, size in UNWANTED.items():
            _datagram(peer, size)
            time.sleep(TOKEN_S)
        for family in (4, 6):
            _datagram(SERVER[family], 8)
            _datagram(SERVER[family], 8, hops=1)
            _bad_packets(family)
    time.sleep(4.5)  # neighbours are looked for three seconds long, fragments awaited for one


def _datagram(peer: str, size: int, hops: int = 64) -> None:
    family = 6 if ":" in peer else 4
    with socket.socket(AF[family], socket.SOCK_DGRAM) as udp:
        udp.setsockopt(*HOPS[family], hops)
        if size > 1280:  # may not be fragmented: IP_MTU_DISCOVER or IPV6_MTU_DISCOVER, ..._PROBE
            udp.setsockopt(*((socket.IPPROTO_IP, 10) if family == 4 else (41, 23)), 3)
        with suppress(OSError):  # of the one before
            udp.sendto(bytes(size), (peer, 33434))


def _bad_packets(family: int) -> None:
    """Send packets that the server cannot make sense of, or not in time."""
    if family == 4:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            raw.sendto(_ipv4(253, bytes(8)), (SERVER[4], 0))
            raw.sendto(_ipv4(17, bytes(8), flags=0x2000), (SERVER[4], 0))
            raw.sendto(_ipv4(17, bytes(8), options=b"\x07\x07\x02\x00"), (SERVER[4], 0))
        return
    for protocol, payload in (
        (253, bytes(8)),
        (socket.IPPROTO_DSTOPTS, b"\x11\x00\x9e\x04" + bytes(12)),
        (socket.IPPROTO_ROUTING, b"\x11\x02\x00\x01" + bytes(28)),  # of type 0
        (socket.IPPROTO_FRAGMENT, b"\x11\x00\x00\x01" + bytes(12)),  # the first of some
    ):
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, protocol) as raw:
            raw.sendto(payload, (SERVER[6], 0))


def _ipv4(protocol: int, payload: bytes, *, flags: int = 0, options: bytes = b"") -> bytes:
    """Return a packet from the client to the server; the kernel adds length and checksum."""
    size = 20 + len(options)
    addresses = socket.inet_aton(CLIENT[4]) + socket.inet_aton(SERVER[4])
    fixed = struct.pack(
        "!BBHHHBBH", 0x40 | size // 4, 0, size + len(payload), 1, flags, 64, protocol, 0
    )
    head = fixed + addresses + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ask_and_answer(chain: Chain) -> None:
    """Have the hosts ask all that they can, and answer."""
    chain.run(chain.server, "sysctl", "-q", "-e", "-w", "net.ipv4.icmp_echo_enable_probe=1")
    for family in (4, 6):
        chain.run(chain.client, "ip", f"-{family}", "neigh", "flush", "dev", f"{chain.client}0")
        chain.run(chain.client, "ping", "-q", "-c", "1", "-W", "5", SERVER[family])


def meet_neighbours(chain: Chain, advertisement: bytes) -> None:
    """
    Set a link up between client and router: they look for addresses, routers and listeners.

    Args:
        chain: Where.
        advertisement: The router's, an ICMPv6 message.
    """
    chain.run(chain.client, "sysctl", "-qw", "net.ipv6.conf.default.force_mld_version=1")
    names = {"c": chain.client, "r": chain.router}
    for line in LINKS.format(**names).splitlines():
        chain.run(chain.client, *["ip", *line.split()])
    time.sleep(3)
    with inside(chain.router), socket.socket(AF[6], socket.SOCK_RAW, ICMP[6]) as raw:
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        scope = socket.if_nametoindex(f"{chain.router}9")
        raw.sendto(advertisement, ("ff02::1", 0, 0, scope))
    with inside(chain.client), socket.socket(AF[6], socket.SOCK_DGRAM) as member:
        interface = struct.pack("@I", socket.if_nametoindex(f"{chain.client}9"))
        group = socket.inet_pton(AF[6], "ff02::1234") + interface
        member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        time.sleep(1)
        member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_LEAVE_GROUP, group)
    time.sleep(2)
