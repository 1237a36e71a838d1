"""The main job: each ICMP message once, with the fields that were on the wire."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.capture import Capture, comparable
from tests.messages import send_all_kinds
from tests.pings import HOOKS, WAYS, check_46_records
from tests.tracing import ROOT, Run, ping, settle


@pytest.mark.parametrize("way", WAYS)
def test_23_pings_are_46_records_as_captured(way: str, tmp_path: Path) -> None:
    tracer = check_46_records(way, tmp_path)
    assert f"# 46 events, 0 lost (ring 8 MiB), hooks: {HOOKS[way]} via {way}," in tracer.stderr


@pytest.mark.parametrize("way", WAYS)
def test_every_type_as_captured(way: str, tmp_path: Path) -> None:
    with (
        Run("-4", "-Q", "in", "-o", "json", "--attach", way) as tracer,
        Capture("lo", tmp_path / "lo.pcap") as capture,
    ):
        sent = send_all_kinds()
        settle()
        assert tracer.end() == 0
    captured = capture.events()
    assert len(captured) >= sent
    assert [comparable(event) for event in tracer.events] == captured


def test_auto_is_kretprobe() -> None:
    with Run("-d", "0.1") as tracer:
        assert tracer.wait() == 0
    assert tracer.stderr.splitlines()[0] == (
        "# tracing ICMP at ip_rcv_core via kretprobe, ip6_rcv_core via kretprobe,"
        " net_dev_queue via tracepoint (ring 8 MiB), Ctrl-C ends"
    )


def test_legacy_lines() -> None:
    with Run("-o", "legacy", "-c", "2") as tracer:
        ping(1)
        assert tracer.wait() == 0
    assert tracer.stdout == "Source: 127.0.0.1; Destination: 127.0.0.1; Protocol: 1.\n" * 2


def test_fragments_are_said_to_be_fragments(veth: tuple[str, str, str], tmp_path: Path) -> None:
    """3,008 bytes of ICMP over an MTU of 1500: three fragments each way."""
    netns, interface, address = veth
    with (
        Run("-4", "-Q", "in", "-o", "json") as tracer,
        Capture(interface, tmp_path / "veth.pcap", "-Q", "in") as capture,
    ):
        ping(2, "-s", "3000", to=address)
        settle()
        assert tracer.end() == 0
    here = [event for event in tracer.events if event["if"] == interface]
    assert [comparable(event) for event in here] == capture.events()
    assert Counter(event.get("header_absent") for event in here) == {None: 2, "fragment": 4}
    assert len({event["netns"] for event in tracer.events}) == 2
    assert {event["netns"] for event in tracer.events} - {event["netns"] for event in here} == {
        netns_inode(netns)
    }


def netns_inode(name: str) -> int:
    return Path(f"/run/netns/{name}").stat().st_ino


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1"])
def test_errors_of_sockets_that_are_gone_have_owners(way: str, peer: str) -> None:
    """One is closed when its error has come, as traceroute does."""
    script = str(ROOT / "tests" / "datagram.py")
    options = ("-o", "json", "-t", "errors", "-Q", "in", "--attach", way)
    with Run(*options, "--", sys.executable, script, peer, "9") as tracer:
        assert tracer.wait() == 0
    (error,) = tracer.events
    assert error["inner"]["dport"] == 9
    assert str(error["comm"]).startswith("python")
