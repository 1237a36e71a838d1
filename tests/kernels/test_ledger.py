"""What was seen is delivered or counted as lost, by the kernel's own counter."""

from __future__ import annotations

import re
import signal

import pytest

from tests.tracing import Run, icmp_in_msgs, ping, run, settle


@pytest.mark.parametrize("way", ["kretprobe", "fexit", "tracepoint"])
def test_small_ring_and_stopped_reader(way: str) -> None:
    with Run(
        "--buffer", "4K", "-Q", "in", "-s", "0", "-o", "json", "-v", "--strict", "--attach", way
    ) as tracer:
        before = icmp_in_msgs()
        tracer.process.send_signal(signal.SIGSTOP)
        ping(1000, "-q", "-i", "0.002")
        tracer.process.send_signal(signal.SIGCONT)
        settle()
        assert tracer.end() == 5
        received = icmp_in_msgs() - before
    lost = int(re.search(r"events, (\d+) lost \(ring 4 KiB\)", tracer.stderr)[1])  # type: ignore[index]
    assert received == 2000
    assert len(tracer.events) + lost == received
    assert len(tracer.events) == 4096 // (152 + 8)
    assert sum(int(str(event["lost_before"])) for event in tracer.events) <= lost
    assert (
        f"# 4000 seen = 2000 not asked for + {len(tracer.events)} emitted + {lost} lost"
        " + 0 unreadable + 0 not read" in tracer.stderr
    )


def test_nothing_lost_is_no_failure_under_strict() -> None:
    with Run("--strict", "-Q", "in") as tracer:
        ping(23)
        settle()
        assert tracer.end(signal.SIGTERM) == 0
    assert "# 46 events, 0 lost" in tracer.stderr


def test_wrong_usage() -> None:
    assert run("--buffer", "0").process.returncode == 2
