"""Round trips: what becomes of each request, given what passed, in any order."""

from __future__ import annotations

import random
from typing import Any

import pytest

from pyicmp.icmp.rtt import matcher
from pyicmp.icmp.rtt.matcher import KEEP, Matcher
from pyicmp.icmp.rtt.row import COUNTS, ROWS_MAX, Row, Table
from pyicmp.icmp.rtt.split import Split
from pyicmp.testing import make_event

MS = 1_000_000
HERE, PEER = "192.0.2.1", "192.0.2.9"


class Line:
    """A matcher, and messages that pass it."""

    def __init__(self, **arguments: Any) -> None:
        self.matcher = Matcher(**arguments)

    def pass_by(
        self, kind: str, direction: str, src: str, dst: str, ms: float, **more: Any
    ) -> None:
        given = {"id": 7, "seq": 1, "netns": 1, "boot_ns": int(ms * MS), **more}
        self.matcher.add(make_event(src, dst, kind, direction=direction, **given))

    def ask(self, ms: float, to: str = PEER, **more: Any) -> None:
        self.pass_by("echo-request", "out", HERE, to, ms, **{"pid": 5, **more})

    def reply(self, ms: float, by: str = PEER, **more: Any) -> None:
        self.pass_by("echo-reply", "in", by, HERE, ms, **more)

    def asked(self, ms: float, by: str = PEER, **more: Any) -> None:
        self.pass_by("echo-request", "in", by, HERE, ms, **{"pid": 0, **more})

    def replied(self, ms: float, to: str = PEER, **more: Any) -> None:
        self.pass_by("echo-reply", "out", HERE, to, ms, **{"pid": 0, **more})

    def rows(self, now_ms: float = 0) -> list[Row]:
        self.matcher.advance(int(now_ms * MS))
        return self.matcher.take()

    def row(self, now_ms: float = 0) -> Row:
        (row,) = self.rows(now_ms)
        return row


def counts(row: Row) -> dict[str, int]:
    found = {name: getattr(row, name) for name in (*COUNTS, "waiting")}
    return {name: count for name, count in found.items() if count}


def test_answered() -> None:
    line = Line()
    line.ask(10)
    line.reply(31)
    row = line.row()
    assert counts(row) == {"sent": 1, "answered": 1}
    assert (row.role, row.peer, row.family, row.pid, row.comm) == ("sent", PEER, 4, 5, b"ping")
    assert (row.rtt.min_ns, row.rtt.max_ns, row.rtt.count) == (21 * MS, 21 * MS, 1)


def test_ipv6() -> None:
    line = Line()
    line.pass_by("echo-request", "out", "2001:db8::1", "2001:db8::2", 1)
    line.pass_by("echo-reply", "in", "2001:db8::2", "2001:db8::1", 3)
    row = line.row()
    assert (row.peer, row.family, row.answered, row.rtt.max_ns) == ("2001:db8::2", 6, 1, 2 * MS)


def test_lost_only_once_its_time_is_up() -> None:
    line = Line()
    line.ask(0)
    assert counts(line.row(1000)) == {"sent": 1, "waiting": 1}
    assert counts(line.row(1001)) == {"lost": 1}
    assert line.rows(5000) == []


@pytest.mark.parametrize("looked", [False, True])
def test_late_is_lost_all_the_same(looked: bool) -> None:
    """Whether or not somebody has looked at the clock meanwhile."""
    line = Line(timeout=0.5)
    line.ask(0)
    if looked:
        line.matcher.advance(600 * MS)
    line.reply(700)
    row = line.row(9000)
    assert counts(row) == {"sent": 1, "lost": 1, "late": 1}
    assert row.rtt.max_ns == 700 * MS
    assert row.loss == 1.0


def test_in_time_to_the_nanosecond() -> None:
    line = Line()
    line.ask(0)
    line.reply(1000)
    assert counts(line.row()) == {"sent": 1, "answered": 1}


def test_duplicates() -> None:
    line = Line()
    line.ask(0)
    for ms in (10, 11, 2000):
        line.reply(ms)
    assert counts(line.row()) == {"sent": 1, "answered": 1, "duplicate": 2}


def test_a_reply_at_a_bridge_and_at_its_port_is_one() -> None:
    line = Line()
    line.ask(0)
    line.reply(10, ifindex=3)
    line.reply(10.01, ifindex=4)
    assert counts(line.row()) == {"sent": 1, "answered": 1}


def test_reordered() -> None:
    line = Line()
    for seq in range(5):
        line.ask(seq, seq=seq)
    for seq in (3, 0, 4, 2, 1):
        line.reply(20 + seq, seq=seq)
    row = line.row()
    assert counts(row) == {"sent": 5, "answered": 5}
    assert row.rtt.min_ns == row.rtt.max_ns == 20 * MS


def test_sent_again_before_an_answer_is_in_doubt() -> None:
    line = Line()
    line.ask(0)
    line.ask(5, pid=6)
    line.ask(8, pid=6)
    line.reply(20)
    line.reply(25)
    five, six = sorted(line.rows(3000), key=lambda row: row.pid or 0)
    assert counts(five) == {"sent": 1, "in_doubt": 1}
    assert counts(six) == {"sent": 2, "in_doubt": 2}


@pytest.mark.parametrize("answered", [False, True])
def test_the_same_id_and_seq_may_come_again(answered: bool) -> None:
    line = Line()
    line.ask(0)
    if answered:
        line.reply(5)
    line.ask(1500)
    line.reply(1504)
    row = line.row(1501)
    assert row.in_doubt == row.late == row.duplicate == 0
    assert (row.sent, row.answered, row.lost) == (2, 1 + answered, 1 - answered)
    assert row.rtt.min_ns == 4 * MS


def test_namespaces_peers_ids_and_processes_are_apart() -> None:
    line = Line()
    for more in ({"netns": 2}, {"to": "192.0.2.8"}, {"id": 8, "pid": 6}, {"seq": 2}):
        line.ask(0, **more)
    line.ask(1)
    line.reply(9)
    rows = line.rows()
    assert len(rows) == 4
    assert [counts(row) for row in rows if row.answered] == [
        {"sent": 2, "answered": 1, "waiting": 1}
    ]


def test_by_peer_only() -> None:
    line = Line(by_process=False)
    line.ask(0, seq=1, pid=5)
    line.ask(0, seq=2, pid=6)
    row = line.row()
    assert (row.sent, row.pid, row.comm) == (2, None, None)


def test_answers_to_a_group() -> None:
    line = Line()
    line.ask(0, to="224.0.0.1")
    line.reply(4, by="192.0.2.7")
    line.reply(5, by="192.0.2.8")
    row = line.row()
    assert row.peer == "224.0.0.1"
    assert counts(row) == {"sent": 1, "answered": 1, "duplicate": 1}


def test_replies_to_nothing() -> None:
    line = Line()
    line.reply(1)
    line.ask(5)
    line.reply(4)  # from before
    line.replied(6)
    assert line.matcher.unmatched == 2
    assert counts(line.row()) == {"sent": 1, "waiting": 1}


def test_what_this_host_answers() -> None:
    line = Line()
    line.asked(0)
    line.replied(0.2)
    line.asked(1, seq=2)
    row = line.row(3000)
    assert (row.role, row.peer, row.pid) == ("answering", PEER, None)
    assert counts(row) == {"sent": 2, "answered": 1, "lost": 1}
    assert row.rtt.max_ns == 0.2 * MS


def test_both_ends_on_one_host() -> None:
    """On loopback each message goes out and comes in."""
    line = Line()
    line.ask(0)
    line.pass_by("echo-request", "in", HERE, PEER, 1, pid=0)
    line.pass_by("echo-reply", "out", PEER, HERE, 2, pid=0)
    line.reply(3)
    sent, answering = line.rows()
    assert (sent.role, sent.peer, sent.rtt.max_ns) == ("sent", PEER, 3 * MS)
    assert (answering.role, answering.peer, answering.rtt.max_ns) == ("answering", HERE, 1 * MS)


def test_a_request_at_a_bridge_and_at_its_port_is_one() -> None:
    line = Line()
    line.asked(0, ifindex=3)
    line.asked(0.1, ifindex=4)
    line.replied(1)
    row = line.row()
    assert counts(row) == {"sent": 1, "answered": 1}
    assert row.rtt.max_ns == 1 * MS


def test_what_may_go_on_counts_only_if_it_is_answered_here() -> None:
    line = Line()
    line.asked(0, pid=None)
    line.asked(0, pid=None, seq=2)
    line.replied(1, seq=2)
    assert counts(line.row(3000)) == {"sent": 1, "answered": 1}


def test_what_is_forwarded_is_nobodys() -> None:
    line = Line()
    line.asked(0, by=HERE, pid=None)
    line.ask(1, forwarded=1, pid=None)
    line.reply(5)
    line.replied(6, forwarded=1)
    assert line.rows(3000) == []
    assert line.matcher.unmatched == 0


def test_other_messages_do_not_matter() -> None:
    line = Line()
    line.matcher.add(make_event(type="unreachable", code="port"))
    assert line.rows() == []


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matcher, "ECHOES_MAX", 50)
    line = Line()
    for seq in range(60):
        line.ask(0, seq=seq)
    line.ask(2000, seq=99)
    assert counts(line.row(2000)) == {"sent": 61, "in_doubt": 11, "lost": 49, "waiting": 1}


def test_replies_are_known_for_a_while() -> None:
    line = Line()
    line.ask(0)
    line.rows((KEEP + 2) * 1000)
    line.reply((KEEP + 2) * 1000)
    assert line.matcher.unmatched == 1


def test_rows_are_bounded() -> None:
    table = Table()
    for number in range(ROWS_MAX + 5):
        table.row(("sent", 1, 4, number.to_bytes(4, "big"), None, None)).sent += 1
    rows = table.rows()
    assert len(rows) == ROWS_MAX + 1
    assert (rows[0].sent, rows[0].peer, rows[0].family) == (5, "", 0)


def test_intervals_add_up_to_the_whole() -> None:
    line, whole = Line(), Table()
    for number in range(40):
        line.ask(number * 100, seq=number)
        if number % 4:
            line.reply(number * 100 + number, seq=number)
        if number % 7 == 0:
            whole.merge(line.rows(number * 100))
    whole.merge(line.rows(9000))
    (row,) = whole.rows()
    assert counts(row) == {"sent": 40, "answered": 30, "lost": 10}
    assert row.rtt.count == 30


@pytest.mark.parametrize("seed", range(20))
def test_the_books_balance(seed: int) -> None:
    """Whatever happens to messages on their way."""
    chance, line = random.Random(seed), Line(timeout=0.2)
    passing: list[tuple[float, str, int]] = []
    fates = {"lost": 0, "late": 0, "duplicate": 0, "answered": 0}
    for seq in range(300):
        fate = chance.choice(list(fates))
        fates[fate] += 1
        passing.append((seq, "ask", seq))
        delay = chance.uniform(0.1, 199)
        if fate == "late":
            passing.append((seq + 201 + delay, "reply", seq))
        elif fate != "lost":
            passing.append((seq + delay, "reply", seq))
        if fate == "duplicate":
            passing.append((seq + delay + chance.uniform(0, 400), "reply", seq))
    for ms, what, seq in sorted(passing):
        getattr(line, what)(ms, seq=seq)
        if chance.random() < 0.05:
            line.matcher.advance(int(ms * MS))
    row = line.row(2000)
    assert row.sent == 300 == row.answered + row.lost
    assert (row.late, row.duplicate) == (fates["late"], fates["duplicate"])
    assert row.answered == fates["answered"] + fates["duplicate"]
    assert line.matcher.settled == 300
    assert row.rtt.count == row.answered + row.late


def split(start_ms: float, *parts_ms: float, netns: int = 1) -> Split:
    peer = bytes([192, 0, 2, 9]) + bytes(12)
    parts = [int(ms * MS) for ms in parts_ms]
    return Split((int(start_ms * MS), *parts, netns, 2, peer, 7 << 16 | 1, 5, b"ping"))


def test_a_split_counts_in_its_row() -> None:
    line = Line()
    line.ask(10)
    line.reply(31)
    line.matcher.add_split(split(9.9, 0.1, 21, 0.5, 0.4))
    row = line.row()
    assert row.split_count == 1
    assert {name: times.max_ns / MS for name, times in row.parts.items()} == {
        "host_tx": 0.1, "wire": 21, "host_rx": 0.5, "wakeup": 0.4, "total": 22,
    }  # fmt: skip


def test_a_split_of_another_request_does_not_count() -> None:
    line = Line()
    line.ask(10)
    line.reply(31)
    line.matcher.add_split(split(9.9, 0.1, 21, 0.5, 0.4, netns=2))
    line.matcher.add_split(split(5, 0.1, 2, 0.5, 0.4))  # the same id and seq, before
    line.matcher.add_split(split(10.1, 0.1, 21, 0.5, 0.4))  # after
    assert line.row().split_count == 0


def test_a_split_of_one_in_doubt_does_not_count() -> None:
    line = Line()
    line.ask(10)
    line.ask(10.5, pid=6)
    line.reply(31)
    line.matcher.add_split(split(9.9, 1, 21, 0.5, 0.4))
    assert all(row.split_count == 0 for row in line.rows())
