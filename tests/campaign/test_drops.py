"""What is dropped of ICMP, each kind by one line; and minutes of traffic without any."""

from __future__ import annotations

import os
import platform
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.chain import CLIENT, ROUTER, SERVER, inside
from tests.datagram import main as send_datagram
from tests.dropping import (
    Dropping,
    function,
    reply,
    request_packet,
    send_frame,
    send_raw,
    send_spoiled_reply,
)
from tests.frames import AF, PROTOCOL
from tests.judging import nft
from tests.messages import message

BOOT = {"kernels": ["5.10", "6.1", "6.12", "6.12-rt", "7.x"]}
BOTH = pytest.mark.parametrize("family", [4, 6])
RELEASE = tuple(map(int, os.uname().release.split(".")[:2]))
HAS_REASONS = RELEASE > (5, 16)
REALTIME = "PREEMPT_RT" in platform.version()
FIREWALL = {"nft_do_chain", "nf_hook_slow"}
ERROR = "destination-unreachable"
CLOSED_PORT = 33434
SOLICITATION = 135


@pytest.fixture(scope="module")
def dropping() -> Iterator[Dropping]:
    found = Dropping()
    yield found
    found.close()


def netns_of(dropping: Dropping, role: str) -> str:
    return dropping.chain.namespaces["crs".index(role)]


def check(line: dict[str, object], reason: str | None, **wanted: object) -> None:
    """Check a line; reasons where the kernel has any."""
    assert line["verdict"] == wanted.pop("verdict", "dropped"), line
    assert line.get("reason") == (reason if HAS_REASONS else None), line
    assert {key: line.get(key) for key in wanted} == wanted, line


@BOTH
@pytest.mark.parametrize(
    ("role", "hook", "way"),
    [
        *(("c", "output", "out"), ("c", "postrouting", "out")),
        *(("r", "prerouting", "in"), ("r", "forward", "in")),
        *(("s", "prerouting", "in"), ("s", "input", "in")),
    ],
)
def test_netfilter_drops_a_request(
    dropping: Dropping, family: int, role: str, hook: str, way: str
) -> None:
    netns = netns_of(dropping, role)
    with dropping.while_(netns, *nft(hook, family, "echo-request")), dropping.expect() as lines:
        send_request(dropping, family)
    check(lines[0], "NETFILTER_DROP", dir=way, netns=dropping.chain.inode(netns))
    assert lines[0].get("forwarded", False) == (hook == "forward")
    assert (lines[0]["src"], lines[0]["type_name"]) == (CLIENT[family], "echo-request")
    assert function(lines[0]) in FIREWALL


@BOTH
@pytest.mark.parametrize(
    ("role", "hook", "way"), [("s", "output", "out"), ("r", "forward", "in"), ("c", "input", "in")]
)
def test_netfilter_drops_an_error(
    dropping: Dropping, family: int, role: str, hook: str, way: str
) -> None:
    netns = netns_of(dropping, role)
    firewall = dropping.while_(netns, *nft(hook, family, ERROR))
    with firewall, dropping.expect() as lines, inside(dropping.chain.client):
        send_datagram(SERVER[family], CLOSED_PORT)
    check(lines[0], "NETFILTER_DROP", dir=way, netns=dropping.chain.inode(netns))
    assert (lines[0]["type_name"], lines[0]["code_name"]) == ("unreachable", "port")
    assert function(lines[0]) in FIREWALL


@BOTH
@pytest.mark.parametrize("hook", ["output", "postrouting"])
def test_netfilter_drops_the_reply(dropping: Dropping, family: int, hook: str) -> None:
    netns = dropping.chain.server
    with dropping.while_(netns, *nft(hook, family, "echo-reply")), dropping.expect() as lines:
        dropping.ping(family)
    assert lines[0]["verdict"] == "reply_dropped"
    assert function(lines[0]) in FIREWALL


@BOTH
@pytest.mark.parametrize("way", ["ingress", "egress"])
def test_tc(dropping: Dropping, family: int, way: str) -> None:
    role, device = {"ingress": ("s", "ws0"), "egress": ("c", "wc0")}[way]
    netns = netns_of(dropping, role)
    do = f"tc qdisc add dev {device} clsact; tc filter add dev {device} {way} matchall action drop"
    undo = f"tc qdisc delete dev {device} clsact"
    with dropping.while_(netns, do, undo), dropping.expect(kind="echo-request") as lines:
        send_request(dropping, family)
    direction = {"ingress": "in", "egress": "out"}[way]
    check(lines[0], f"TC_{way.upper()}", dir=direction, **{"if": device})


@BOTH
@pytest.mark.parametrize("role", ["c", "s"])
def test_queue_is_full(dropping: Dropping, family: int, role: str) -> None:
    netns, device = netns_of(dropping, role), f"w{role}0"
    do = f"ip link set {device} txqueuelen 100; tc qdisc add dev {device} root pfifo limit 0"
    undo = f"tc qdisc delete dev {device} root"
    with dropping.while_(netns, do, undo), dropping.expect(kind="echo-request") as lines:
        send_request(dropping, family)
    verdict = {"c": "dropped", "s": "reply_dropped"}[role]
    reason = "QDISC_DROP" if HAS_REASONS else {"c": None, "s": "ENOBUFS"}[role]
    assert (lines[0]["verdict"], lines[0].get("reason")) == (verdict, reason)
    assert lines[0]["netns"] == dropping.chain.inode(netns)


@BOTH
def test_bad_checksum(dropping: Dropping, family: int) -> None:
    with dropping.expect() as lines:
        send_spoiled_reply(dropping, family)
    (line,) = lines
    assert (line["verdict"], line["reason"], line["dir"]) == ("dropped", "ICMP_CSUM", "in")
    assert function(line) == {4: "icmp_rcv", 6: "icmpv6_rcv"}[family]


def test_bad_ip_header(dropping: Dropping) -> None:
    for packet, reason in (
        (request_packet(checksum=0x5555), "IP_CSUM"),
        (request_packet(len=8), "PKT_TOO_SMALL"),
    ):
        with dropping.expect() as lines:
            send_frame(dropping, packet)
        check(lines[0], reason, netns=dropping.chain.inode(dropping.chain.router))
        assert function(lines[0]) == "ip_rcv_core"


def test_reverse_path_filter(dropping: Dropping) -> None:
    do = "ip route delete default; sysctl -qw net.ipv4.conf.ws0.rp_filter=1"
    undo = "ip route add default via 203.0.113.1; sysctl -qw net.ipv4.conf.ws0.rp_filter=0"
    with dropping.while_(dropping.chain.server, do, undo), dropping.expect() as lines:
        dropping.ping(4)
    check(lines[0], "IP_RPFILTER")
    assert function(lines[0]) == "ip_rcv_finish_core"


@BOTH
def test_no_such_address(dropping: Dropping, family: int) -> None:
    nobody = {4: "203.0.113.77", 6: "2001:db8:2::77"}[family]
    dropping.router(f"ip neigh replace {nobody} dev wr1 lladdr {dropping.mac()} nud permanent")
    with dropping.expect() as lines:
        dropping.ping(family, to=nobody)
    assert lines[0]["verdict"] == "not_for_us"


@BOTH
def test_no_neighbour(dropping: Dropping, family: int) -> None:
    """It is looked for during three seconds."""
    gone = {4: "198.51.100.99", 6: "2001:db8:1::99"}[family]
    with dropping.expect() as lines:
        dropping.ping(family, "-W", "5", to=gone)
    assert (lines[0]["verdict"], lines[0]["dir"], lines[0]["dst"]) == ("dropped", "out", gone)
    assert lines[0].get("reason") == ("NEIGH_FAILED" if HAS_REASONS and family == 4 else None)
    assert function(lines[0]) in {"neigh_invalidate", "arp_error_report", "ndisc_error_report"}


@BOTH
def test_hop_limit_ends(dropping: Dropping, family: int) -> None:
    with dropping.expect() as lines:
        dropping.ping(family, "-t", "1")
    check(
        lines[0],
        "IP_INHDR",
        forwarded=True,
        expired=True,
        netns=dropping.chain.inode(dropping.chain.router),
    )
    assert function(lines[0]) == {4: "ip_forward", 6: "ip6_forward"}[family]


@BOTH
def test_too_big(dropping: Dropping, family: int) -> None:
    do, undo = (f"ip link set wr1 mtu {mtu}" for mtu in (1300, 1500))
    with dropping.while_(dropping.chain.router, do, undo), dropping.expect() as lines:
        dropping.ping(family, "-M", "do", "-s", "1400")
    dropping.chain.run(dropping.chain.client, "ip", f"-{family}", "route", "flush", "cache")
    check(lines[0], "PKT_TOO_BIG", forwarded=True)
    assert function(lines[0]) == {4: "ip_forward", 6: "ip6_forward"}[family]


@BOTH
def test_fragments_are_missing(dropping: Dropping, family: int) -> None:
    """The first of several is all that comes."""
    setting = {4: "net.ipv4.ipfrag_time", 6: "net.ipv6.ip6frag_time"}[family]
    do, undo = (f"sysctl -qw {setting}={seconds}" for seconds in (1, 30))
    with dropping.while_(dropping.chain.server, do, undo), dropping.expect() as lines:
        send_first_fragment(dropping, family)
    check(lines[0], "FRAG_REASM_TIMEOUT" if RELEASE > (6, 2) else None, dir="in")


def send_request(dropping: Dropping, family: int) -> None:
    """Send one; ping would try again where it is told that it failed."""
    payload = message({4: 8, 6: 128}[family], 0, 4 << 16 | 1)
    with suppress(OSError):
        send_raw(dropping.chain.client, SERVER[family], payload)


def send_first_fragment(dropping: Dropping, family: int) -> None:
    payload = message({4: 8, 6: 128}[family], 0, 5 << 16 | 1)
    with inside(dropping.chain.client):
        if family == 6:
            kind = socket.IPPROTO_FRAGMENT
            with socket.socket(AF[6], socket.SOCK_RAW, kind) as raw:
                raw.sendto(struct.pack("!BBHI", 58, 0, 1, 77) + payload, (SERVER[6], 0))
            return
        with socket.socket(AF[4], socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            ends = socket.inet_aton(CLIENT[4]) + socket.inet_aton(SERVER[4])
            head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 9, 0x2000, 64, 1, 0) + ends
            raw.sendto(head + payload, (SERVER[4], 0))


@BOTH
def test_a_reply_for_nobody(dropping: Dropping, family: int) -> None:
    """On 5.10 each message is freed as this one is over IPv6: nothing tells."""
    count = int(HAS_REASONS or family == 4)
    with dropping.expect(count, kind="echo-reply") as lines:
        send_raw(dropping.chain.server, CLIENT[family], reply(family, 99))
    for line in lines:
        check(line, "NO_SOCKET", dir="in", type_name="echo-reply")
        assert function(line) in {"icmp_rcv", "icmpv6_rcv", "ping_rcv"}


@BOTH
def test_a_reply_for_nobody_while_a_sniffer_gets_it(dropping: Dropping, family: int) -> None:
    with inside(dropping.chain.client), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x0300):
        test_a_reply_for_nobody(dropping, family)


@BOTH
def test_a_reply_for_a_raw_socket(dropping: Dropping, family: int) -> None:
    kind = socket.SOCK_RAW
    with inside(dropping.chain.client), socket.socket(AF[family], kind, PROTOCOL[family]) as raw:
        with dropping.expect(0):
            send_raw(dropping.chain.server, CLIENT[family], reply(family, 99))
        raw.settimeout(5)
        assert reply(family, 99)[4:8] in raw.recv(2048)


@BOTH
def test_a_ping_socket_is_full(dropping: Dropping, family: int) -> None:
    """What it did not get is told, once each: it was for this socket alone."""
    sent, got = 20, 0
    with inside(dropping.chain.client):
        sender = socket.socket(AF[family], socket.SOCK_DGRAM, PROTOCOL[family])
    with sender, dropping.expect(None) as lines:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256)
        for seq in range(sent):
            sender.sendto(message({4: 8, 6: 128}[family], 0, seq), (SERVER[family], 0))
            time.sleep(0.05)
        sender.setblocking(False)
        with suppress(BlockingIOError):
            while sender.recv(2048):
                got += 1
    assert 0 < got < sent
    assert len(lines) == sent - got, (got, lines)
    for line in lines:
        check(line, "SOCKET_RCVBUFF", type_name="echo-reply")
        assert function(line) in {"ping_queue_rcv_skb", "__ping_queue_rcv_skb", "ping_rcv"}


def test_a_type_that_nobody_knows(dropping: Dropping) -> None:
    with dropping.expect() as lines:
        send_raw(dropping.chain.client, SERVER[4], message(200, 0, 0))
    check(lines[0], "UNHANDLED_PROTO", type=200)
    assert function(lines[0]) == "icmp_rcv"


def test_a_solicitation_from_afar(dropping: Dropping) -> None:
    """Its hop limit must be 255; before 6.3 the kernel gives no reason, and so no line."""
    told = RELEASE > (6, 2)
    target = socket.inet_pton(socket.AF_INET6, ROUTER[6])
    with dropping.expect(int(told)) as lines:
        send_raw(dropping.chain.client, ROUTER[6], message(SOLICITATION, 0, 0, target))
    for line in lines:
        check(line, "IPV6_NDISC_HOP_LIMIT", type_name="neighbor-solicitation")


@BOTH
@pytest.mark.parametrize(
    ("do", "undo", "outcome"),
    [
        ("sysctl -qw {all}=1", "sysctl -qw {all}=0", "ignored"),
        ("ip -{f} route delete default", "ip -{f} route add default via {gw}", "no_route_back"),
    ],
)
def test_silent_outcomes(dropping: Dropping, family: int, do: str, undo: str, outcome: str) -> None:
    names = {
        "f": family,
        "all": {4: "net.ipv4.icmp_echo_ignore_all", 6: "net.ipv6.icmp.echo_ignore_all"}[family],
        "gw": {4: "203.0.113.1", 6: "2001:db8:2::1"}[family],
    }
    do, undo = do.format(**names), undo.format(**names)
    with dropping.while_(dropping.chain.server, do, undo), dropping.expect() as lines:
        dropping.ping(family)
    assert lines[0]["verdict"] == outcome


@BOTH
def test_an_error_for_nobody(dropping: Dropping, family: int) -> None:
    """Who sent the datagram is gone; an error is not freed as dropped, but counted."""
    setting = {4: "net.ipv4.icmp_ratelimit=0", 6: "net.ipv6.icmp.ratelimit=0"}[family]
    dropping.chain.run(dropping.chain.server, "sysctl", "-qw", setting)
    do, undo = "tc qdisc add dev ws0 root netem delay 300ms", "tc qdisc delete dev ws0 root"
    late = dropping.while_(dropping.chain.server, do, undo)
    count = 0 if REALTIME else 1
    with late, dropping.expect(count) as lines, inside(dropping.chain.client):
        udp = socket.socket(AF[family], socket.SOCK_DGRAM)
        udp.sendto(b"gone", (SERVER[family], CLOSED_PORT))
        udp.close()
    found = [(line["verdict"], line["type_name"]) for line in lines]
    assert found == [("no_socket", "unreachable")] * count


@BOTH
def test_answered_is_no_drop(dropping: Dropping, family: int) -> None:
    with dropping.expect(0):
        assert dropping.ping(family, "-c", "5")[1] == 5


def test_what_it_says_at_its_end(dropping: Dropping) -> None:
    """Last: it ends the run."""
    stderr = dropping.end()
    assert f"ip netns exec {dropping.chain.server} nft list ruleset" in stderr, stderr
    assert " 0 lost" in stderr
    assert ("this kernel gives no drop reasons" in stderr) == (not HAS_REASONS)
