"""PREEMPT_RT: softirqs are tasks there, and what they interrupt goes on beside them."""

from __future__ import annotations

import platform

import pytest

from tests.tracing import Run, ping, settle

BOOT = {"kernels": ["6.12-rt"]}
ECHO = ("echo-request", "echo-reply")


def test_this_kernel_is_preempt_rt() -> None:
    assert "PREEMPT_RT" in platform.version()


@pytest.mark.parametrize("way", ["kretprobe", "fexit", "tracepoint"])
def test_20_pings_are_80_records(way: str) -> None:
    with Run("-o", "json", "--attach", way) as tracer:
        ping(20)
        settle()
        assert tracer.end() == 0
    echoes = [event for event in tracer.events if event.get("type_name") in ECHO]
    assert len(echoes) == 80
    assert {event["comm"] for event in echoes if (event["dir"], event["type"]) == ("out", 8)} == {
        "ping"
    }
    assert f"# {len(tracer.events)} events, 0 lost" in tracer.stderr
