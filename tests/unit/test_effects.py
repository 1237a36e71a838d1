"""Effects of errors: from evidence to words, JSON, paths and advice."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

import pytest

from pyicmp.cli.consequences import Consequences
from pyicmp.errors import UsageError
from pyicmp.icmp.effects.effect import EFFECTS, Effect
from pyicmp.icmp.effects.flows import FLOWS_MAX, Flows, flow_of, flow_of_socket
from pyicmp.icmp.effects.judge import Evidence, judge
from pyicmp.icmp.effects.paths import Paths
from pyicmp.icmp.effects.request import ErrorRequest
from pyicmp.icmp.event import IcmpEvent
from pyicmp.icmp.netns import netns_inode
from pyicmp.sinks.effects import PLAIN, effect_renderer, words
from pyicmp.sinks.paths import path_renderer
from pyicmp.testing import make_event
from tests.frames import packet

HERE = netns_inode("self") or 0
CLIENT, SERVER, ROUTER = "198.51.100.1", "203.0.113.2", "198.51.100.2"
CLIENT6, SERVER6, ROUTER6 = "2001:db8:1::1", "2001:db8:2::2", "2001:db8:1::2"
ICMP, TCP, UDP, GRE, NOBODYS = 1, 6, 17, 47, 253
REFUSED, TOO_LONG = 111, 90
PORTS = struct.pack("!HHII", 40000, 80, 1, 2)
ECHO = bytes((8, 0, 0, 0, 0, 7, 0, 1))
TOO_BIG, PORT, TTL, QUENCH = (3, 4), (3, 3), (11, 0), (4, 0)
PORT6, TOO_BIG6 = (1, 4), (2, 0)


def error(
    kind: tuple[int, int], protocol: int = UDP, quoted: bytes = PORTS, **more: Any
) -> IcmpEvent:
    ends = (CLIENT, SERVER)
    given: dict[str, Any] = {"mtu": 1400 if kind == TOO_BIG else 0, "netns": HERE, **more}
    body = packet(4, quoted, protocol, ends=ends)
    return make_event(ROUTER, CLIENT, kind[0], kind[1], body=body, **given)


def error6(kind: tuple[int, int], protocol: int = UDP) -> IcmpEvent:
    body = packet(6, PORTS, protocol, ends=(CLIENT6, SERVER6))
    mtu = 1400 if kind == TOO_BIG6 else 0
    return make_event(ROUTER6, CLIENT6, kind[0], kind[1], body=body, mtu=mtu, netns=HERE)


def seen(*marks: str, **more: object) -> Evidence:
    return Evidence(frozenset(marks), **more)  # type: ignore[arg-type]


DELIVERED = ("delivered", "socket")
MTU, SAME = (1500, 1400), (1400, 1400)
CASES = [
    (
        error(TOO_BIG, TCP),
        seen(*DELIVERED, "route", socket_mtu=MTU, route_mtu=MTU),
        "path MTU 1500 -> 1400",
    ),
    (
        error(TOO_BIG, TCP),
        seen(*DELIVERED, "route", socket_mtu=(1480, 1400), route_mtu=MTU),
        "path MTU 1480 -> 1400 (route 1500 -> 1400)",
    ),
    (error(TOO_BIG, TCP), seen(*DELIVERED), "socket busy, path MTU later"),
    (error(TOO_BIG, TCP), seen(*DELIVERED, "route", route_mtu=SAME), "path MTU stays 1400"),
    (
        error(TOO_BIG),
        seen(*DELIVERED, "route", route_mtu=MTU, delivered=TOO_LONG),
        "path MTU 1500 -> 1400, EMSGSIZE delivered",
    ),
    (
        error(TOO_BIG),
        seen(*DELIVERED, "route", route_mtu=MTU),
        "path MTU 1500 -> 1400, program not told (not connected, no IP_RECVERR)",
    ),
    (
        error(TOO_BIG),
        seen(*DELIVERED, sockets=1),
        "path MTU not taken (IP_PMTUDISC_INTERFACE or IP_PMTUDISC_OMIT)",
    ),
    (
        error6(TOO_BIG6),
        seen(*DELIVERED, sockets=1),
        "path MTU known already, program not told (not connected, no IPV6_RECVERR)",
    ),
    (error(TOO_BIG), seen("in_error", no_pmtu_disc=2), "ignored (ip_no_pmtu_disc=2)"),
    (error(TOO_BIG), seen(no_pmtu_disc=3), "ignored (ip_no_pmtu_disc=3)"),
    (error(QUENCH, TCP), seen(*DELIVERED), "ignored (source quench, RFC 6633)"),
    (error(PORT), seen(*DELIVERED, delivered=REFUSED, sockets=1), "ECONNREFUSED delivered"),
    (
        error(PORT),
        seen(*DELIVERED, delivered=REFUSED, queued=REFUSED),
        "ECONNREFUSED queued and delivered",
    ),
    (error(PORT), seen(*DELIVERED, queued=REFUSED), "ECONNREFUSED queued"),
    (error(PORT), seen(*DELIVERED), "program not told (not connected, no IP_RECVERR)"),
    (error6(PORT6), seen("delivered"), "program not told (not connected, no IPV6_RECVERR)"),
    (error(TTL), seen(*DELIVERED), "program not told (no IP_RECVERR)"),
    (
        error(TTL, ICMP, ECHO),
        seen("delivered"),
        "program not told (no IP_RECVERR; raw sockets read it as data)",
    ),
    (error(TTL, TCP), seen(*DELIVERED), "soft error, TCP goes on trying"),
    (
        error(TTL, TCP),
        seen(*DELIVERED, "busy"),
        "soft error, TCP goes on trying (the socket was busy)",
    ),
    (
        error(PORT, TCP),
        seen("delivered", queued=REFUSED, counted=False),
        "soft error, TCP goes on trying (the socket was busy)",
    ),
    (error(PORT, TCP), seen(*DELIVERED, "out_of_window"), "TCP sequence number out of window"),
    (error(PORT, TCP), seen("delivered", "no_socket", "in_error"), "no matching socket"),
    (error(PORT), seen("delivered", "in_error"), "no matching socket"),
    (error(PORT), seen("delivered", counted=False), "effect not seen"),
    (error(PORT, NOBODYS), seen("delivered", "no_handler"), "no handler for that protocol"),
    (error(PORT, GRE), seen("delivered"), "handed to that protocol"),
    (error(PORT), seen("in_error"), "not delivered (bad checksum, or malformed)"),
    (error(PORT), seen(), "not delivered, cause not seen"),
    (error((5, 1)), seen("delivered", "redirected"), "route redirected"),
    (
        error(TOO_BIG),
        seen("delivered", "no_socket", "route", route_mtu=MTU),
        "path MTU 1500 -> 1400, program not told (no matching socket)",
    ),
]


@pytest.mark.parametrize(("given", "evidence", "text"), CASES, ids=[text for *_, text in CASES])
def test_judged(given: IcmpEvent, evidence: Evidence, text: str) -> None:
    effect = judge(given, evidence)
    assert words(effect) == text
    assert effect.effect in EFFECTS


def test_all_effects_have_words() -> None:
    judged = {judge(given, evidence).effect for given, evidence, _ in CASES}
    assert judged | {"sent", "forwarded"} == set(EFFECTS)
    assert set(PLAIN) <= set(EFFECTS)


def test_a_line() -> None:
    line = effect_renderer("text")([judge(*CASES[0][:2])]).decode()
    assert line.endswith(
        "IP 198.51.100.2 > 198.51.100.1: ICMP 203.0.113.2 unreachable - need to frag (mtu 1400),"
        " length 64, inner TCP 198.51.100.1:40000 > 203.0.113.2:80, path MTU 1500 -> 1400\n"
    )


def test_an_error_whose_effect_nobody_sees_is_the_traces_line() -> None:
    line = effect_renderer("text")([Effect.of(error=error(PORT))])
    assert line.endswith(b"inner UDP 198.51.100.1:40000 > 203.0.113.2:80\n")


def test_json() -> None:
    line = json.loads(effect_renderer("json")([judge(*CASES[4][:2])]))
    assert (line["effect"], line["errno"], line["mtu"]) == ("mtu_reduced", TOO_LONG, 1400)
    assert line["route_mtu"] == {"before": 1500, "after": 1400}
    assert not {"reason", "queued_errno", "socket_mtu", "sysctl", "later_ns"} & line.keys()


def test_a_socket_that_learns_later_has_it_from_its_flows_error() -> None:
    flows, first = Flows(), judge(*CASES[2][:2])
    flow = flow_of(first.error)
    assert flow == flow_of_socket(
        HERE,
        socket.AF_INET6,
        bytes(10) + b"\xff\xff" + socket.inet_aton(CLIENT),
        40000,
        bytes(10) + b"\xff\xff" + socket.inet_aton(SERVER),
        80,
    )
    assert flow is not None
    assert flows.later(flow, first.error.boot_ns, MTU) is None
    flows.remember(first)
    assert flows.later(flow, first.error.boot_ns - 1, MTU) is None
    later = flows.later(flow, first.error.boot_ns + 2_000_000, MTU)
    assert later is not None
    assert words(later) == "path MTU 1500 -> 1400, 2.000 ms later"
    flows.remember(later)
    assert flows.known(first).effect == "mtu_known"


def test_flows_are_forgotten() -> None:
    flows = Flows()
    for port in range(FLOWS_MAX + 1):
        flows.remember(Effect.of(error=error(TOO_BIG, TCP, struct.pack("!HHII", port, 80, 1, 2))))
    address = [socket.inet_aton(one) for one in (CLIENT, SERVER)]
    found = [flows.later((HERE, address[0], port, address[1], 80), 1 << 62, MTU) for port in (0, 1)]
    assert found[0] is None
    assert found[1] is not None


def test_paths() -> None:
    paths, first, later = Paths(), judge(*CASES[0][:2]), judge(*CASES[3][:2])
    paths.add([first, judge(*CASES[12][:2]), later, later])
    (path,) = paths
    assert (path.reporter, path.destination, path.count) == (ROUTER, SERVER, 3)
    assert (path.before, path.after) == (1500, 1400)
    assert path_renderer("text")(paths).decode() == (
        "eth0 in: 203.0.113.2 by 198.51.100.2, MTU 1500 -> 1400, 3 times,"
        " - TCP 198.51.100.1:40000 > 203.0.113.2:80, path MTU stays 1400\n"
    )
    line = json.loads(path_renderer("json")(paths))
    assert (line["path_mtu"], line["count"]) == ({"before": 1500, "after": 1400}, 3)


def test_what_changed_a_path_is_not_hidden_by_what_did_not() -> None:
    paths, changed = Paths(), judge(*CASES[0][:2])
    forged = judge(error(TOO_BIG, TCP, mtu=600), seen("out_of_window"))
    paths.add([forged])
    (path,) = paths
    assert (path.last, path.before, path.after) == (forged, None, 600)
    paths.add([changed, forged])
    assert (path.last, path.before, path.after, path.count) == (changed, 1500, 1400, 3)


def test_sentences() -> None:
    found = Consequences()
    found.add([judge(*CASES[8][:2]), judge(*CASES[14][:2]), judge(*CASES[14][:2])])
    assert list(found.sentences()) == [
        "2 port unreachable: program not told (not connected, no IP_RECVERR);"
        " programs are told if they connect() or set IP_RECVERR",
        "1 unreachable - need to frag (to 203.0.113.2, mtu 1400, says 198.51.100.2):"
        " ignored (ip_no_pmtu_disc=2); path MTUs are not learned, so large packets may vanish;"
        " try: sysctl -w net.ipv4.ip_no_pmtu_disc=0",
    ]


def test_no_control_sequence_reaches_a_terminal() -> None:
    given = judge(error(PORT, ifname=b"e\x1b[2J", pid=5, comm="\x1b[2J"), seen("delivered"))
    paths, found = Paths(), Consequences()
    bad = judge(error(TOO_BIG, ifname=b"e\x1b[2J", pid=5, comm="\x1b[2J"), seen("delivered"))
    paths.add([bad])
    found.add([given, bad])
    assert b"\x1b" not in effect_renderer("text")([given, bad])
    assert b"\x1b" not in path_renderer("text")(paths)
    assert "\x1b" not in "".join(found.sentences())


def test_only_errors_can_be_asked_for() -> None:
    assert ErrorRequest().types is not None
    chosen = ErrorRequest(types=["unreachable", "echo-request"]).types
    assert chosen is not None
    assert (4, 3, 3) in chosen
    assert (4, 8, 0) not in chosen
    with pytest.raises(UsageError, match="none of these types is an error"):
        ErrorRequest(types=["echo-request"])
    with pytest.raises(UsageError, match="errors take no ids"):
        ErrorRequest(ids=[7])
