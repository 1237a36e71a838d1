"""Round trips beside what is done to them: a delay, a loss, a process that is stopped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chain import SERVER
from tests.timing import MS, Row, Timing, check_split

DELAY_MS, STOPPED = 20, 0.08
SENDERS = [("ping", 4), ("ping", 6), ("raw", 4), ("raw", 6), ("hdrincl", 4)]
NOBODY = "203.0.113.77"


class Rows:
    """What one run of ``pyicmp rtt --split`` counted while all of this was done."""

    def __init__(self, timing: Timing) -> None:
        self.timing = timing
        asked = {sender: timing.ask(*sender) for sender in SENDERS}
        stopped = timing.ask_and_stop("raw", 4, 2, STOPPED)
        big = {v: timing.ping("-c", "1", "-s", "3000", SERVER[v])[0] for v in (4, 6)}
        lost = timing.ping("-c", "2", "-i", "0.2", "-W", "1", NOBODY)[0]
        timing.change(f"delay {DELAY_MS}ms duplicate 100%")
        duplicate = timing.ask("raw", 4, 1)
        timing.change("delay 1200ms")
        late = timing.ask("ping", 4, 1)
        timing.end()
        self.asked = {sender: timing.of(pid) for sender, pid in asked.items()}
        self.big = {family: timing.of(pid) for family, pid in big.items()}
        self.stopped, self.lost, self.duplicate, self.late = map(
            timing.of, (stopped, lost, duplicate, late)
        )


@pytest.fixture(scope="module")
def rows() -> Iterator[Rows]:
    timing = Timing("--split", delay_ms=DELAY_MS)
    try:
        yield Rows(timing)
    finally:
        timing.close()


def counts(row: Row) -> dict[str, int]:
    names = ("sent", "answered", "lost", "late", "duplicate", "in_doubt", "waiting")
    return {name: row[name] for name in names if row[name]}


@pytest.mark.parametrize("sender", SENDERS, ids=str)
def test_a_delay_is_in_wire(rows: Rows, sender: tuple[str, int]) -> None:
    row = rows.asked[sender]
    assert counts(row) == {"sent": 3, "answered": 3}
    assert row["peer"] == SERVER[sender[1]]
    check_split(row, 3)
    assert row["split"]["wire"]["min_ns"] >= DELAY_MS * MS
    assert row["split"]["total"]["min_ns"] - row["split"]["wire"]["min_ns"] < DELAY_MS * MS


def test_a_stopped_process_is_in_wakeup(rows: Rows) -> None:
    row = rows.stopped
    check_split(row, 2)
    assert row["split"]["wakeup"]["min_ns"] >= (STOPPED - DELAY_MS / 1000) * 1e9 * 0.8
    assert row["split"]["wire"]["min_ns"] < row["split"]["wakeup"]["min_ns"]
    assert row["rtt"]["min_ns"] < STOPPED * 1e9


@pytest.mark.parametrize("family", [4, 6])
def test_fragments(rows: Rows, family: int) -> None:
    assert counts(rows.big[family]) == {"sent": 1, "answered": 1}
    check_split(rows.big[family], 1)


def test_lost(rows: Rows) -> None:
    assert counts(rows.lost)["lost"] == counts(rows.lost)["sent"] == 2
    assert "rtt" not in rows.lost


def test_duplicate(rows: Rows) -> None:
    assert counts(rows.duplicate) == {"sent": 1, "answered": 1, "duplicate": 1}
    check_split(rows.duplicate, 1)


def test_late(rows: Rows) -> None:
    assert counts(rows.late) == {"sent": 1, "lost": 1, "late": 1}
    assert rows.late["rtt"]["min_ns"] >= 1200 * MS
    check_split(rows.late, 1)


@pytest.mark.parametrize("family", [4, 6])
def test_what_the_server_answers(rows: Rows, family: int) -> None:
    row = rows.timing.answering(family)
    assert row["sent"] == row["answered"] >= 7
    assert row["rtt"]["max_ns"] < DELAY_MS * MS * 10
