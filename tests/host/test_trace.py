"""The main job on the running kernel, by whatever way it offers."""

from __future__ import annotations

import os
import re
import select
import statistics
import subprocess
import time
from datetime import datetime
from pathlib import Path

import pytest

import pyicmp
from tests.capture import Capture, comparable
from tests.messages import send_all_kinds
from tests.tracing import Run, context_switches, has_kprobes, icmp_in_msgs, ping, settle


@pytest.mark.parametrize("way", ["auto", "tracepoint"])
def test_23_pings_are_46_records_as_captured(way: str, tmp_path: Path) -> None:
    with (
        Run("-4", "-Q", "in", "-o", "json", "--attach", way) as tracer,
        Capture("lo", tmp_path / "lo") as capture,
    ):
        ping(23, "-s", "64", "-t", "9")
        settle()
        assert tracer.end() == 0
    assert len(tracer.events) == 46
    assert [comparable(event) for event in tracer.events] == capture.events()
    assert tracer.stderr.startswith("# tracing ICMP at ")
    assert "# 46 events, 0 lost (ring 8 MiB), hooks: " in tracer.stderr


def test_every_type_as_captured(tmp_path: Path) -> None:
    with Run("-4", "-Q", "in", "-o", "json") as tracer, Capture("lo", tmp_path / "lo") as capture:
        send_all_kinds()
        settle()
        assert tracer.end() == 0
    assert [comparable(event) for event in tracer.events] == capture.events()


def test_the_start_says_why_not_another_way() -> None:
    with Run("-d", "0.1") as tracer:
        tracer.wait()
    if has_kprobes():
        assert "via kretprobe" in tracer.stderr
    else:
        assert re.search(r"^# not by kretprobe: ENOENT: no /sys/bus", tracer.stderr, re.M)
        assert "# tracepoint fires before IP validation" in tracer.stderr


def test_legacy_lines() -> None:
    with Run("-o", "legacy", "-c", "2", "-q") as tracer:
        ping(1)
        assert tracer.wait() == 0
    assert tracer.stdout == "Source: 127.0.0.1; Destination: 127.0.0.1; Protocol: 1.\n" * 2
    assert tracer.stderr.count("\n") == 1


def test_text_lines_in_tcpdumps_grammar() -> None:
    with Run("-Q", "in", "-c", "2") as tracer:
        ping(1)
        assert tracer.wait() == 0
    start, route = r"\d\d:\d\d:\d\d\.\d{6} lo    In ", r"IP 127\.0\.0\.1 > 127\.0\.0\.1: ICMP"
    echo = r"id \d+, seq 1, ttl 64, length 64"
    assert re.fullmatch(
        rf"{start} kernel      {route} echo request, {echo}\n"
        rf"{start} ping\.\d+ +{route} echo reply, {echo}, rtt \d+\.\d\d\d ms\n",
        tracer.stdout,
    )


def test_other_network_namespaces(veth: tuple[str, str, str]) -> None:
    netns, interface, address = veth
    with Run("-4", "-Q", "in", "-o", "json", "-c", "4") as tracer:
        ping(2, to=address)
        assert tracer.wait() == 0
    assert {event["if"] for event in tracer.events} == {"far0", interface}
    assert {event["netns"] for event in tracer.events} == {
        Path(f"/run/netns/{netns}").stat().st_ino,
        Path("/proc/self/ns/net").stat().st_ino,
    }


def test_a_hostile_interface_name_is_escaped(veth: tuple[str, str, str]) -> None:
    _, interface, address = veth
    hostile = b"\x1b[31m\x9b\xe2\x80\xae"
    subprocess.run(["ip", "link", "set", interface, "name", hostile], check=True)
    try:
        with Run("-Q", "in", "-c", "4") as tracer:
            ping(2, to=address)
            assert tracer.wait() == 0
    finally:
        subprocess.run(["ip", "link", "set", hostile, "name", interface], check=True)
    assert " \\x1b[31m\\x9b\\xe2\\x80\\xae In " in tracer.stdout
    assert re.fullmatch(r"[\x20-\x7e\n]*", tracer.stdout)


def test_python_interface() -> None:
    with pyicmp.Tracer(buffer=5000, direction="in") as tracer:
        assert tracer.buffer_len == 8192
        before = icmp_in_msgs()
        ping(5)
        events = [event for batch in tracer.batches(duration=0.2) for event in batch]
    assert len(events) == 10 == icmp_in_msgs() - before
    assert {event.type_name for event in events} == {"echo-request", "echo-reply"}
    assert abs(datetime.now().astimezone() - events[-1].time).total_seconds() < 5
    assert (tracer.stats.seen, tracer.stats.filtered, tracer.stats.emitted) == (20, 10, 10)
    with pytest.raises(pyicmp.LifecycleError):
        next(iter(tracer))


def test_stop_ends_the_iteration() -> None:
    with pyicmp.Tracer() as tracer:
        tracer.stop()
        assert list(tracer) == []


def test_idle_costs_no_wake_up() -> None:
    """Nothing but ICMP wakes it, so an interval without any must leave it asleep."""
    with Run() as tracer:
        settle()
        for _ in range(5):
            messages, switches = icmp_in_msgs(), context_switches(tracer.process.pid)
            time.sleep(2)
            if icmp_in_msgs() == messages:
                break
        assert context_switches(tracer.process.pid) == switches
        assert tracer.end() == 0


def test_busy_output_is_at_most_5_ms_behind() -> None:
    """One echo a millisecond; the clock starts when the kernel saw the message."""
    delays_ms: list[float] = []
    with Run("-4", "-Q", "in", "-o", "json", "-d", "3") as tracer:
        assert tracer.process.stdout is not None
        fd = tracer.process.stdout.fileno()
        with subprocess.Popen(
            ["ping", "-q", "-n", "-i", "0.001", "-c", "1000", "127.0.0.1"],
            stdout=subprocess.DEVNULL,
        ):
            while select.select([fd], [], [], 2)[0] and (data := os.read(fd, 1 << 16)):
                now = time.time_ns()
                delays_ms += [(now - int(ts)) / 1e6 for ts in re.findall(rb'"ts_ns":(\d+)', data)]
        assert tracer.wait() == 0
    assert len(delays_ms) == 2000
    assert statistics.median(delays_ms) < 6


def test_a_plain_start_imports_nothing_heavy() -> None:
    with Run("-d", "0.1", prefix=("env", "PYTHONPROFILEIMPORTTIME=1")) as tracer:
        tracer.wait()
    imported = {line.rpartition("|")[2].strip() for line in tracer.stderr.splitlines()}
    assert "pyicmp.icmp.tracer" in imported
    heavy = {
        "numpy",
        "rich",
        "elftools",
        "dataclasses",
        "typing",
        "asyncio",
        "logging",
        "inspect",
        "threading",
    }
    assert not imported & heavy
