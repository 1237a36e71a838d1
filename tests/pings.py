"""23 pings on loopback, which are 46 messages that come in: beside tcpdump, by one way."""

from __future__ import annotations

from pathlib import Path

from tests.capture import Capture, comparable
from tests.tracing import Run, ping, settle

WAYS = ("kretprobe", "fexit", "tracepoint")
HOOKS = {"kretprobe": "ip_rcv_core", "fexit": "ip_rcv_core", "tracepoint": "netif_receive_skb"}


def check_46_records(way: str, folder: Path) -> Run:
    """Make sure that each record has the fields that were captured; return the run, ended."""
    with (
        Run("-4", "-Q", "in", "-o", "json", "--attach", way) as tracer,
        Capture("lo", folder / "lo.pcap") as capture,
    ):
        ping(23, "-s", "100", "-t", "17")
        settle()
        assert tracer.end() == 0
    assert len(tracer.events) == 46
    assert [comparable(event) for event in tracer.events] == capture.events()
    assert {event["hook"] for event in tracer.events} == {HOOKS[way]}
    return tracer
