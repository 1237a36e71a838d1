"""Perf buffers instead of rings, as before Linux 5.8: the same records, the same ledger."""

from __future__ import annotations

import re
import signal
import sys
from collections import Counter
from typing import Any

from tests.ledger import Overrun
from tests.tracing import Run, ping, settle

RINGLESS = (sys.executable, "-m", "tests.ringless", "pyicmp")
PINGS = 23


def ringless(*arguments: str) -> Run:
    return Run(*arguments, program=RINGLESS)


def told(event: dict[str, Any]) -> tuple[object, ...]:
    """Return what two tracers must say alike of one message."""
    own = {"ts", "ts_ns", "boot_ns", "rtt_ns", "lost_before"}
    return tuple((key, str(value)) for key, value in event.items() if key not in own)


def test_the_same_records_as_through_a_ring() -> None:
    options = ("-4", "-o", "json", "--attach", "tracepoint")  # by which nothing is judged
    with Run(*options) as by_ring, ringless(*options) as by_perf:
        ping(PINGS, "-s", "64", "-t", "9")
        settle()
        assert (by_ring.end(), by_perf.end()) == (0, 0)
    assert re.search(r"\(\d+ perf buffers of \d+ [KM]iB\), Ctrl-C ends", by_perf.stderr)
    assert len(by_perf.events) == len(by_ring.events)
    assert Counter(map(told, by_perf.events)) == Counter(map(told, by_ring.events))
    assert f"# {len(by_ring.events)} events, 0 lost" in by_perf.stderr


def test_small_buffers_and_a_stopped_reader() -> None:
    """What found no room is counted, and the sum is the kernel's own."""
    overrun = Overrun(pings=300, program=RINGLESS)
    assert (overrun.code, overrun.received) == (5, 600)
    assert (overrun.seen, overrun.filtered) == (1200, 600)
    assert 0 < overrun.emitted == 600 - overrun.lost


def test_what_a_batch_leaves_waits_for_nothing_else() -> None:
    """More than one batch holds is there at once; nothing comes after it."""
    with ringless("-4", "-Q", "in", "-o", "json", "-c", "3000") as tracer:
        tracer.process.send_signal(signal.SIGSTOP)
        ping(1500, "-q", "-i", "0.001")
        tracer.process.send_signal(signal.SIGCONT)
        assert tracer.wait() == 0
    assert len(tracer.events) == 3000
