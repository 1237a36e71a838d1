"""Round trips on the running kernel, by whatever way it offers, beside what ping says."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess

import pytest

from pyicmp import RttTracer
from pyicmp.icmp.netns import netns_inode
from tests.tracing import Run, error_line, has_kprobes, ping, run, settle


def rows(process: Run) -> dict[str, dict[str, object]]:
    found = [json.loads(line) for line in process.stdout.splitlines()]
    return {row["role"]: row for row in found if row["whole"]}


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1"])
def test_ping_on_loopback(peer: str) -> None:
    with Run("rtt", "-o", "json", "--netns", "self", "--comm", "ping", peer) as process:
        out = subprocess.run(
            ["ping", "-n", "-c", "20", "-i", "0.01", peer],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        settle()
        assert process.end() == 0
    least, mean, most = map(float, re.search(r"= ([\d.]+)/([\d.]+)/([\d.]+)/", out).groups())  # type: ignore[union-attr]
    row = rows(process)["sent"]
    times = row["rtt"]
    assert (row["sent"], row["answered"], row["lost"], row["duplicate"]) == (20, 20, 0, 0)
    assert (row["peer"], row["comm"], row["netns"]) == (peer, "ping", netns_inode("self"))
    assert isinstance(times, dict)
    assert times["count"] == 20
    assert times["min_ns"] / 1e6 <= least
    assert times["avg_ns"] / 1e6 <= mean
    assert times["max_ns"] / 1e6 <= most + 0.001
    assert process.stderr.endswith("via tracepoint\n") or has_kprobes()


def test_requests_that_are_answered_here() -> None:
    with Run("rtt", "-4", "-o", "json") as process:
        ping(10)
        settle()
        assert process.end() == 0
    sent, answering = rows(process)["sent"], rows(process)["answering"]
    assert (answering["sent"], answering["answered"]) == (10, 10)
    assert answering["rtt"]["max_ns"] <= sent["rtt"]["max_ns"]  # type: ignore[index]


def test_reports_at_fixed_times() -> None:
    with Run("rtt", "-4", "-i", "0.5", "-d", "2.2") as process:
        ping(5)
        assert process.wait() == 0
    titles = re.findall(r"^\S+ the (last|whole run), ([\d.]+) s$", process.stdout, re.M)
    assert [what for what, _ in titles] == ["last"] * 4 + ["whole run"]
    assert all(0.4 <= float(seconds) <= 0.6 for _, seconds in titles[:-1])
    assert process.stdout.count("no echo has passed") >= 2


def test_so_many_reports() -> None:
    with Run("rtt", "-4", "-i", "0.2", "-c", "3") as process:
        assert process.wait() == 0
    assert process.stdout.count("the last, ") == 3


def test_from_python() -> None:
    with RttTracer(families=[4], timeout=0.2, by_process=False) as tracer:
        ping(4)
        settle()
        tracer.stop()
        (report,) = tracer
    sent = next(row for row in report if row.role == "sent")
    assert (sent.peer, sent.sent, sent.answered, sent.pid) == ("127.0.0.1", 4, 4, None)


def test_in_asyncio() -> None:
    async def first_reports() -> list[bool]:
        async with RttTracer(families=[4], interval=0.2) as tracer:
            whole = []
            async for report in tracer:
                whole.append(report.whole)
                if len(whole) == 2:
                    tracer.stop()
            return whole

    assert asyncio.run(first_reports()) == [False, False, True]


def test_a_split_or_in_one_line_why_not() -> None:
    process = run("rtt", "--split", "-d", "1")
    if has_kprobes():
        assert process.process.returncode == 0
        return
    assert process.process.returncode == 4
    line = error_line(process)
    assert "cannot tell where the time of round trips goes (--split); that takes fentry" in line
    assert line.endswith("use pyicmp rtt without --split, which can do without")
