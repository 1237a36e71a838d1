"""Wall-clock time, while the wall clock is moved."""

from __future__ import annotations

import time

from tests.tracing import Run, ping, settle

HOUR = 3600.0


def test_a_stepped_clock_is_followed() -> None:
    """The offset is read again with each batch, so times are right on both sides of a step."""
    with Run("-Q", "in", "-o", "json") as tracer:
        ping(1)
        settle()
        stepped = time.time() + HOUR
        time.clock_settime(time.CLOCK_REALTIME, stepped)
        try:
            ping(1)
            settle()
        finally:
            time.clock_settime(time.CLOCK_REALTIME, time.time() - HOUR)
        assert tracer.end() == 0
    wall = [int(str(event["ts_ns"])) / 1e9 for event in tracer.events]
    boot = [int(str(event["boot_ns"])) / 1e9 for event in tracer.events]
    assert len(wall) == 4
    assert abs(wall[2] - stepped) < 5
    assert abs(wall[2] - wall[0] - HOUR - (boot[2] - boot[0])) < 0.1
