"""Round trips in words and as JSON."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from pyicmp.icmp.netns import netns_inode
from pyicmp.icmp.rtt.report import Report
from pyicmp.icmp.rtt.row import Row
from pyicmp.icmp.rtt.split import Split
from pyicmp.sinks import Style
from pyicmp.sinks.histogram import histogram_lines
from pyicmp.sinks.rtt import RTT_FORMATS, rtt_renderer

TS_NS = 1_795_396_023_502_271_335
HERE = netns_inode("self") or 0
PEER = ("sent", HERE, 4, bytes([192, 0, 2, 9]) + bytes(12), 193, b"pi\x1bng")


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def row(*times_us: int, group: Any = PEER, **counts: int) -> Row:
    found = Row(group)
    for name, count in counts.items():
        setattr(found, name, count)
    for us in times_us:
        found.rtt.add(us * 1000)
    return found


def report(*rows: Row, lost: int = 0, whole: bool = True) -> Report:
    return Report(TS_NS, 5_000_000, 10.0, list(rows), lost, whole=whole)


def text(*rows: Row, **style: Any) -> str:
    return rtt_renderer("text", Style(**style))([report(*rows)]).decode()


def test_text() -> None:
    shown = row(20_911, 21_000, 23_870, 60_000, sent=7, answered=4, lost=2, late=1, waiting=1)
    assert text(shown) == (
        "01:07:03.502271 the whole run, 10.0 s\n"
        "\n"
        "192.0.2.9 by pi\\x1bng.193: 7 sent, 4 answered, 2 lost (33.3%), 1 late, 1 waiting\n"
        "  rtt min/avg/max/stddev 20.911/31.445/60.000/16.529 ms,"
        " p50 21.250, p90 60.000, p99 60.000\n"
        "      20 ms -   25 ms   75.0%        3 |########################################\n"
        "      25 ms -   30 ms    0.0%        0 |\n"
        "      30 ms -   40 ms    0.0%        0 |\n"
        "      40 ms -   50 ms    0.0%        0 |\n"
        "      50 ms -   60 ms    0.0%        0 |\n"
        "      60 ms -   80 ms   25.0%        1 |##############\n"
        "\n"
    )


def test_text_of_nothing() -> None:
    assert text(time="boot") == "0.005000 the whole run, 10.0 s\nno echo has passed\n"


def test_text_of_what_is_answered_elsewhere() -> None:
    group = ("answering", 5, 6, bytes(15) + b"\1", None, None)
    lines = text(row(12, group=group, sent=2, answered=1, lost=1)).splitlines()
    assert lines[2] == "answering ::1 in netns 5: 2 came, 1 answered, 1 lost (50.0%)"
    assert lines[3].startswith("  time to reply min/avg/max/stddev 0.012/0.012/0.012/0.000 ms")


def test_text_of_a_split() -> None:
    shown = row(20_000, 30_000, sent=2, answered=2)
    shown.add_split(Split((0, 100_000, 20_000_000, 400_000, 500_000, HERE, 2, b"", 0, 193, b"p")))
    lines = text(shown).splitlines()
    assert lines[-7:-1] == [
        "  split of 1 of 2, ms       min      avg      p50      p99      max    share",
        "    host-tx               0.100    0.100    0.100    0.100    0.100     0.5%",
        "    wire                 20.000   20.000   20.000   20.000   20.000    95.2%",
        "    host-rx               0.400    0.400    0.400    0.400    0.400     1.9%",
        "    wakeup+app            0.500    0.500    0.500    0.500    0.500     2.4%",
        "    total                21.000   21.000   21.000   21.000   21.000   100.0%",
    ]
    assert max(map(len, lines)) <= 100


def test_json() -> None:
    shown = row(20_000, group=("sent", 5, *PEER[2:]), sent=1, answered=1)
    rest = row(group=("sent", 0, 0, b"", None, None))
    shown.add_split(Split((0, 1, 2, 3, 4, HERE, 2, b"", 0, 193, b"p")))
    first, second = map(
        json.loads, rtt_renderer("json", Style())([report(shown, rest, lost=3)]).splitlines()
    )
    times = dict.fromkeys(("min_ns", "avg_ns", "max_ns", "p50_ns", "p90_ns", "p99_ns"), 20_000_000)
    assert first.pop("split")["total"]["avg_ns"] == 10
    assert first == {
        "v": 1,
        "ts": "2026-11-23T01:07:03.502271335Z",
        "ts_ns": TS_NS,
        "seconds": 10.0,
        "whole": True,
        "role": "sent",
        "netns": 5,
        "family": 4,
        "peer": "192.0.2.9",
        "pid": 193,
        "comm": "pi\\x1bng",
        "sent": 1,
        "answered": 1,
        "lost": 0,
        "late": 0,
        "duplicate": 0,
        "in_doubt": 0,
        "waiting": 0,
        "rtt": {"count": 1, "stddev_ns": 0, **times},
        "histogram": [[20_000_000, 50_000_000, 1]],
        "lost_before": 3,
    }
    assert not {"peer", "family", "pid", "rtt", "histogram", "split"} & second.keys()
    assert second["lost_before"] == 0


@pytest.mark.parametrize("name", RTT_FORMATS)
def test_no_report_is_no_line(name: str) -> None:
    assert rtt_renderer(name, Style())([]) == b""


def test_bars_are_as_long_as_their_share() -> None:
    lines = list(histogram_lines(row(*[1] * 80, 3, 3, 900_000).rtt))
    bars = [line.partition("|")[2] for line in lines]
    assert (len(bars[0]), len(bars[1]), len(bars[-1])) == (40, 1, 1)
    assert set(bars[2:-1]) == {""}
    assert lines[-1].startswith(" 500 ms -     1 s ")


def test_bars_are_fine_where_there_is_little_to_tell_apart() -> None:
    lines = list(histogram_lines(row(20_100, 20_600, 20_700).rtt))
    assert [line.partition("%")[0].rpartition(" ")[0].strip() for line in lines] == [
        "20 ms - 20.5 ms",
        "20.5 ms -   21 ms",
    ]
