"""Pings to groups: whoever answers, the answer is the pinger's, and as late as it is."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from tests.conftest import FAR, NEAR, NETNS
from tests.tracing import traced

COUNT = 3
WAYS = ("kretprobe", "tracepoint")
GROUPS = {
    "broadcast": ("-b", "198.51.100.255"),
    "all systems": ("-I", NEAR, "224.0.0.1"),
    "all nodes": ("-I", NEAR, "ff02::1"),
}


@pytest.mark.parametrize("group", GROUPS)
def test_answers_have_owner_and_time(veth: tuple[str, str, str], group: str) -> None:
    answering = "net.ipv4.icmp_echo_ignore_broadcasts=0"
    subprocess.run(["ip", "netns", "exec", NETNS, "sysctl", "-qw", answering], check=True)
    with traced(WAYS, "-t", "echo") as events:
        options = ("-n", "-q", "-i", "0.2", "-c", str(COUNT), "-W", "1")
        pinger = subprocess.Popen(["ping", *options, *GROUPS[group]], stdout=subprocess.DEVNULL)
        pinger.wait(60)
    for way in WAYS:
        requests = at(events[way], NEAR, "out", "echo-request")
        assert [one.get("pid") for one in requests] == [pinger.pid] * COUNT
        replies = at(events[way], NEAR, "in", "echo-reply")
        own = {one["src"] for one in requests}
        assert len([one for one in replies if one["src"] not in own]) == COUNT
        for reply in replies:
            assert reply["pid"] == pinger.pid
            assert 0 < reply["rtt_ns"] < 1_000_000_000
        there = at(events[way], FAR, "in", "echo-request")
        assert [one["pid"] for one in there] == [0] * COUNT


def at(events: list[dict[str, Any]], name: str, way: str, kind: str) -> list[dict[str, Any]]:
    """Return what passed an interface in a direction."""
    wanted = (name, way, kind)
    return [one for one in events if (one["if"], one["dir"], one.get("type_name")) == wanted]
