"""Pings to groups: whoever answers, the answer is the pinger's, and as late as it is."""

from __future__ import annotations

import subprocess

import pytest

from tests.conftest import ADDRESSES, FAR, NEAR, NETNS
from tests.tracing import Run, settle

COUNT = 3
GROUPS = {
    "broadcast": ("-b", "198.51.100.255"),
    "all systems": ("-I", NEAR, "224.0.0.1"),
    "all nodes": ("-I", NEAR, "ff02::1"),
}


@pytest.mark.parametrize("way", ["kretprobe", "fexit", "tracepoint"])
@pytest.mark.parametrize("group", GROUPS)
def test_answers_have_owner_and_time(veth: tuple[str, str, str], group: str, way: str) -> None:
    answering = "net.ipv4.icmp_echo_ignore_broadcasts=0"
    subprocess.run(["ip", "netns", "exec", NETNS, "sysctl", "-qw", answering], check=True)
    with Run("-o", "json", "-t", "echo", "--attach", way, spool=True) as tracer:
        pinger = subprocess.Popen(
            ["ping", "-n", "-i", "0.2", "-c", str(COUNT), "-W", "1", *GROUPS[group]],
            stdout=subprocess.DEVNULL,
        )
        pinger.wait(60)
        settle()
        assert tracer.end() == 0
    requests = [one for one in tracer.events if (one["if"], one["dir"]) == (NEAR, "out")]
    requests = [one for one in requests if one["type_name"] == "echo-request"]
    assert [one.get("pid") for one in requests] == [pinger.pid] * COUNT
    replies = [
        one
        for one in tracer.events
        if (one["if"], one["dir"], one["type_name"]) == (NEAR, "in", "echo-reply")
    ]
    others = [one for one in replies if one["src"] not in (ADDRESSES[4][0], requests[0]["src"])]
    assert len(others) == COUNT
    for reply in replies:
        assert reply["pid"] == pinger.pid
        assert 0 < reply["rtt_ns"] < 1_000_000_000
    there = [one for one in tracer.events if (one["if"], one["dir"]) == (FAR, "in")]
    assert [one["pid"] for one in there] == [0] * COUNT
