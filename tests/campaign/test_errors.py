"""What errors do: the table of docs/effects.md, each row by a real error and its victim."""

from __future__ import annotations

import os
import platform
import socket
import struct
from collections.abc import Iterator

import pytest

from tests.chain import CLIENT, SERVER
from tests.erring import (
    CLOSED,
    IP_PMTUDISC_INTERFACE,
    LISTENING,
    NARROW,
    TOO_BIG,
    Erring,
    Line,
    from_socket,
    with_id,
)

BOOT = {"kernels": ["5.10", "6.1", "6.12", "6.12-rt", "7.x"]}
BOTH = pytest.mark.parametrize("family", [4, 6])
# There the kernel's counters, by which some effects are told, are not read.
REALTIME = "PREEMPT_RT" in platform.version()
RELEASE = tuple(map(int, platform.release().split(".")[:2]))
# Of those tried: there udp_err, udpv6_err set the route's path MTU without asking the socket.
FIRST_TO_TEACH_ROUTES = {4: (6, 1), 6: (6, 12)}
TIME_EXCEEDED = {4: (11, 0), 6: (3, 0)}
ECONNREFUSED, EMSGSIZE, EHOSTUNREACH = 111, 90, 113
GRE, NOBODYS = 47, 253
TCP_HEADER = struct.pack("!HHIIBBHHH", 4444, 80, 1, 0, 0x50, 0, 1000, 0, 0)


@pytest.fixture(scope="module")
def erring() -> Iterator[Erring]:
    found = Erring()
    yield found
    found.close()


def udp_header(sender: socket.socket) -> bytes:
    return struct.pack("!HHHH", sender.getsockname()[1], LISTENING, 8, 0)


def owned(line: Line) -> Line:
    """Return a line, having made sure that it is this process's."""
    assert line["pid"] == os.getpid(), line
    assert line["comm"]
    return line


@BOTH
def test_path_mtu_of_tcp(erring: Erring, family: int) -> None:
    """At once if the socket is idle; later if a process has it, as it often has."""
    sender = erring.tcp(family, erring.far(family), 50_000)
    lines = erring.wait(lambda line: from_socket(sender)(line) and line["effect"] == "mtu_reduced")
    line = owned(lines[0])
    assert line["socket_mtu"] == {"before": 1500, "after": NARROW}
    assert (line["type"], line["code"], line["mtu"]) == (*TOO_BIG[family], NARROW)


@BOTH
@pytest.mark.parametrize("connect", [True, False])
def test_path_mtu_of_udp(erring: Erring, family: int, connect: bool) -> None:
    sender = erring.udp(family, erring.far(family), LISTENING, size=1440, connect=connect)
    line = owned(erring.one(from_socket(sender)))
    assert (line["effect"], line["route_mtu"]) == (
        "mtu_reduced",
        {"before": 1500, "after": NARROW},
    )
    assert line.get("errno") == (EMSGSIZE if connect else None)
    assert ("reason" in line) == (not connect)


@BOTH
def test_path_mtus_that_are_known(erring: Erring, family: int) -> None:
    """The same once more, forged."""
    to = erring.far(family)
    sender = erring.udp(family, to, LISTENING, size=1440)
    assert erring.one(from_socket(sender))["effect"] == "mtu_reduced"
    erring.forge(family, udp_header(sender), socket.IPPROTO_UDP, kind=TOO_BIG[family], to=to)
    (line,) = erring.wait(lambda one: from_socket(sender)(one) and one["effect"] == "mtu_known")
    assert owned(line)["mtu"] == NARROW


@BOTH
def test_path_mtus_that_sockets_refuse(erring: Erring, family: int) -> None:
    """Forged, for a socket that takes none from anybody; newer kernels teach the route anyway."""
    to = erring.far(family)
    sender = erring.udp(family, to, LISTENING, discover=IP_PMTUDISC_INTERFACE)
    erring.forge(family, udp_header(sender), socket.IPPROTO_UDP, kind=TOO_BIG[family], to=to)
    line = owned(erring.one(from_socket(sender)))
    refused = FIRST_TO_TEACH_ROUTES[family] > RELEASE
    assert line["effect"] == ("mtu_refused" if refused else "mtu_reduced")
    assert line.get("route_mtu") == (None if refused else {"before": 1500, "after": NARROW})


def test_redirects(erring: Erring) -> None:
    erring.client(*"ip neigh replace 198.51.100.3 dev ec0 lladdr 02:00:00:00:00:03".split())
    to = erring.far(4)
    sender = erring.udp(4, to, LISTENING, connect=True)
    gateway = int.from_bytes(socket.inet_aton("198.51.100.3"), "big")
    erring.forge(4, udp_header(sender), socket.IPPROTO_UDP, kind=(5, 1), to=to, rest=gateway)
    line = owned(erring.one(from_socket(sender)))
    assert (line["effect"], line["gateway"]) == ("redirected", "198.51.100.3")


def test_damaged_errors(erring: Erring) -> None:
    erring.forge(4, struct.pack("!HHHH", 4446, 80, 8, 0), socket.IPPROTO_UDP, damaged=True)
    line = erring.one(lambda one: one.get("inner", {}).get("sport") == 4446)
    assert line["effect"] == ("not_delivered" if REALTIME else "malformed")


@BOTH
def test_port_unreachable_to_a_connected_socket(erring: Erring, family: int) -> None:
    sender = erring.udp(family, SERVER[family], CLOSED, connect=True)
    line = owned(erring.one(from_socket(sender)))
    assert (line["effect"], line["errno"], line["sockets"]) == ("delivered", ECONNREFUSED, 1)
    with pytest.raises(ConnectionRefusedError):
        sender.recv(1)


@BOTH
def test_port_unreachable_to_an_unconnected_socket(erring: Erring, family: int) -> None:
    sender = erring.udp(family, SERVER[family], CLOSED)
    line = owned(erring.one(from_socket(sender)))
    assert line["effect"] == "not_told"
    assert line["reason"] == f"not connected, no {'IP' if family == 4 else 'IPV6'}_RECVERR"


@BOTH
def test_port_unreachable_with_recverr(erring: Erring, family: int) -> None:
    sender = erring.udp(family, SERVER[family], CLOSED, recverr=True)
    line = owned(erring.one(from_socket(sender)))
    assert (line["effect"], line["errno"], line["queued_errno"]) == (
        "delivered",
        ECONNREFUSED,
        ECONNREFUSED,
    )


@BOTH
def test_time_exceeded_for_udp(erring: Erring, family: int) -> None:
    """It is not fatal, so a connected socket is not told either."""
    sender = erring.udp(family, SERVER[family], LISTENING, connect=True, ttl=1)
    line = owned(erring.one(from_socket(sender)))
    assert (line["effect"], (line["type"], line["code"])) == ("not_told", TIME_EXCEEDED[family])
    assert line["reason"] == f"no {'IP' if family == 4 else 'IPV6'}_RECVERR"


@BOTH
@pytest.mark.parametrize(("kind", "number"), [(socket.SOCK_RAW, 71), (socket.SOCK_DGRAM, 72)])
def test_time_exceeded_for_pings(erring: Erring, family: int, kind: int, number: int) -> None:
    erring.echo(family, kind, number)
    line = owned(erring.one(lambda one: with_id(number)(one) and one["family"] == family))
    assert (line["effect"], line["inner"]["seq"]) == ("not_told", 1)


@BOTH
def test_errors_about_tcp_that_nobody_speaks(erring: Erring, family: int) -> None:
    erring.forge(family, TCP_HEADER, socket.IPPROTO_TCP)
    line = erring.one(
        lambda one: one.get("inner", {}).get("sport") == 4444 and one["family"] == family
    )
    assert (line["effect"], "pid" in line) == ("no_socket", False)


@BOTH
def test_errors_about_udp_that_nobody_speaks(erring: Erring, family: int) -> None:
    erring.forge(family, struct.pack("!HHHH", 4445, 80, 8, 0), socket.IPPROTO_UDP)
    line = erring.one(
        lambda one: one.get("inner", {}).get("sport") == 4445 and one["family"] == family
    )
    assert line["effect"] == "no_socket"


@BOTH
def test_errors_about_a_protocol_that_nobody_speaks(erring: Erring, family: int) -> None:
    erring.forge(family, bytes(20), NOBODYS)
    line = erring.one(
        lambda one: one.get("inner", {}).get("proto") == NOBODYS and one["family"] == family
    )
    assert line["effect"] == "no_handler"


@BOTH
def test_forged_errors_out_of_window(erring: Erring, family: int) -> None:
    """A real connection's ports, and a sequence number that it never sent."""
    to = SERVER[family]
    sender = erring.tcp(family, to, 10)
    own = sender.getsockname()[1]
    head = struct.pack("!HHIIBBHHH", own, LISTENING, 12345, 0, 0x50, 0, 1000, 0, 0)
    erring.forge(family, head, socket.IPPROTO_TCP)
    line = owned(erring.one(from_socket(sender)))
    assert line["effect"] == ("soft_error" if REALTIME else "out_of_window")


def test_soft_errors(erring: Erring) -> None:
    """Established TCP keeps to itself what is not about the path MTU."""
    sender = erring.tcp(4, erring.far(4), 10)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
    sender.sendall(bytes(10))
    line = owned(
        erring.wait(lambda one: from_socket(sender)(one) and one["type"] == TIME_EXCEEDED[4][0])[0]
    )
    assert line["effect"] == "soft_error"


def test_errors_while_tcp_connects(erring: Erring) -> None:
    """Told at once if the socket is idle by then, else when it retries; queued from 5.11 on."""
    erring.chain.ip(erring.chain.router, "route add unreachable 203.0.113.250/32")
    with pytest.raises(OSError, match="No route to host"):
        erring.tcp(4, "203.0.113.250", 10)
    line = erring.wait(lambda one: one.get("inner", {}).get("dst") == "203.0.113.250")[0]
    told = {"delivered": EHOSTUNREACH, "soft_error": None}
    assert line["effect"] in told, line
    assert line.get("errno") == told[line["effect"]]
    assert line.get("queued_errno", EHOSTUNREACH) == EHOSTUNREACH


def test_path_mtus_are_not_learned(erring: Erring) -> None:
    erring.client("sysctl", "-qw", "net.ipv4.ip_no_pmtu_disc=2")
    try:
        sender = erring.udp(4, erring.far(4), LISTENING, size=1440, connect=True)
        line = owned(erring.one(from_socket(sender)))
    finally:
        erring.client("sysctl", "-qw", "net.ipv4.ip_no_pmtu_disc=0")
    assert (line["effect"], line["sysctl"]) == ("ignored", "net.ipv4.ip_no_pmtu_disc=2")


@BOTH
def test_errors_that_are_sent_and_forwarded(erring: Erring, family: int) -> None:
    sender = erring.udp(family, SERVER[family], CLOSED)
    (sent,) = erring.wait(from_socket(sender), erring.chain.server, "out")
    assert (sent["effect"], sent["comm"], sent["dst"]) == ("sent", "kernel", CLIENT[family])
    (forwarded,) = erring.wait(from_socket(sender), erring.chain.router, "out")
    assert (forwarded["effect"], forwarded["forwarded"]) == ("forwarded", True)


def test_what_it_says_at_its_end(erring: Erring) -> None:
    """Last: it ends the run."""
    stderr = erring.end()
    client = erring.chain.client
    command = f"try: ip netns exec {client} sysctl -w net.ipv4.ip_no_pmtu_disc=0"
    assert command in stderr, stderr
    assert "programs are told if they connect() or set IPV6_RECVERR" in stderr
    assert ("forged, or too late" in stderr) == (not REALTIME)
    assert " 0 lost" in stderr
    assert "without" not in stderr
