"""Verdicts find their requests, and nothing overtakes a request that waits for its own."""

from __future__ import annotations

from typing import Any

import pytest

from pyicmp.bpf.batch import Batch
from pyicmp.bpf.records import RecordTypes
from pyicmp.icmp.clock import boot_now_ns
from pyicmp.icmp.event import RECORD_FIELDS, IcmpEvent
from pyicmp.icmp.verdicts.join import SURE_NS, UNSURE_NS, Joined, Joiner
from pyicmp.icmp.verdicts.verdict import Verdict
from pyicmp.testing import make_event
from pyicmp.testing.events import event_layout

# Of most requests here: they never wait too long.
NOW = boot_now_ns() + 3600 * 10**9
NONE = Batch(b"", 0, size=event_layout().size)


class Verdicts:
    """Gives the verdicts that it was given, whatever the records are."""

    def __init__(self) -> None:
        self.next: list[Verdict] = []

    def verdicts(self, records: Batch) -> list[Verdict]:
        found, self.next = self.next, []
        return found


class Stream:
    """A joiner, fed with events and verdicts rather than records."""

    def __init__(self) -> None:
        self._verdicts = Verdicts()
        self.joiner = Joiner(event_layout(), self._verdicts)  # type: ignore[arg-type]

    def join(self, *given: bytes, verdicts: tuple[Verdict, ...] = (), **more: int) -> list[str]:
        """Return what comes out: each record's id, and its verdict if it has one."""
        self._verdicts.next = list(verdicts)
        records = Batch.of(list(given), RecordTypes(record=event_layout())) if given else NONE
        joined = self.joiner.join(records, NONE, more.get("lost", 0), bool(more.get("behind", 0)))
        self.joiner.commit()
        return told(joined)


def told(joined: Joined) -> list[str]:
    rows = enumerate(event_layout().unpacker("rest").iter(joined.records.data))
    fates = joined.fates
    return [f"{rest >> 16}{' ' + fates[n].outcome if n in fates else ''}" for n, (rest,) in rows]


def event(number: int, at: int, src: str, dst: str, **fields: Any) -> IcmpEvent:
    return make_event(src, dst, id=number, boot_ns=at, ts_ns=at, netns=7, **fields)


def record(
    number: int, at: int = NOW, src: str = "192.0.2.1", dst: str = "192.0.2.2", **fields: Any
) -> bytes:
    """Return the record of a request that comes in for this host, unless *fields* say otherwise."""
    found = event(number, at, src, dst, **{"type": "echo-request", "pid": 0, **fields})
    return event_layout().pack(dict(zip(RECORD_FIELDS, found, strict=False)))


def verdict(
    number: int, outcome: str = "answered", at: int = NOW, dst: str = "192.0.2.2"
) -> Verdict:
    return Verdict.of(request=event(number, at, "192.0.2.1", dst), outcome=outcome)


def test_verdict_read_with_its_request() -> None:
    assert Stream().join(record(1), verdicts=(verdict(1),)) == ["1 answered"]


def test_nothing_overtakes_a_request_that_waits() -> None:
    stream = Stream()
    assert stream.join(record(1), record(2, type="echo-reply")) == []
    assert stream.joiner.due() is not None
    assert stream.join(record(3), verdicts=(verdict(3, "ignored"),)) == []
    assert stream.join(verdicts=(verdict(1),)) == ["1 answered", "2", "3 ignored"]
    assert stream.joiner.due() is None


def test_what_is_before_a_request_that_waits_comes_out() -> None:
    stream = Stream()
    assert stream.join(record(2, type="echo-reply"), record(1)) == ["2"]
    assert stream.join(verdicts=(verdict(1),)) == ["1 answered"]


@pytest.mark.parametrize(("pid", "wait_ns"), [(0, SURE_NS), (None, UNSURE_NS)])
def test_it_waits_a_while_only(pid: int | None, wait_ns: int) -> None:
    stream, now = Stream(), boot_now_ns()
    late, early = record(1, now - wait_ns - 1, pid=pid), record(2, now + 10**9, pid=pid)
    assert stream.join(late, early) == ["1"]
    assert 0 < (stream.joiner.due() or 0) <= 1 + wait_ns / 1e9


def test_it_waits_on_while_verdicts_may_be_unread() -> None:
    stream = Stream()
    assert stream.join(record(1, boot_now_ns() - SURE_NS - 1), behind=1) == []
    assert stream.join(verdicts=(verdict(1),)) == ["1 answered"]


def test_a_verdict_may_be_read_before_its_request() -> None:
    stream = Stream()
    assert stream.join(verdicts=(verdict(1), verdict(1, "ignored", NOW + 9))) == []
    assert stream.join(record(1, NOW - 1), record(1, NOW + 5)) == ["1 answered", "1 ignored"]


def test_a_verdict_is_not_for_a_later_request() -> None:
    """Nor for one to another address: fping asks many with one id and one sequence number."""
    stream = Stream()
    early = (verdict(1, at=NOW - 5), verdict(1, dst="192.0.2.3"))
    assert stream.join(record(1), verdicts=early) == []
    assert stream.join(record(1, dst="192.0.2.3"), verdicts=(verdict(1, "ignored"),)) == [
        "1 ignored",
        "1 answered",
    ]


def test_the_same_request_twice() -> None:
    verdicts = verdict(1), verdict(1, "rate_limited")
    assert Stream().join(record(1), record(1), verdicts=verdicts) == [
        "1 answered",
        "1 rate_limited",
    ]


@pytest.mark.parametrize("ends", [("192.0.2.1", "10.0.0.1"), ("10.0.0.1", "192.0.2.2")])
def test_forwarded_is_told_by_its_leaving(ends: tuple[str, str]) -> None:
    """Its source or its destination may be another then: NAT."""
    leaving = record(1, NOW, *ends, direction="out", forwarded=1)
    assert Stream().join(record(1, pid=None), leaving) == ["1 forwarded", "1"]


def test_losses_are_told_with_what_comes_out_next() -> None:
    stream = Stream()
    assert stream.join(record(1), lost=3) == []
    joined = stream.joiner.rest()
    assert (told(joined), joined.lost) == (["1"], 3)


def test_what_an_exception_undoes_comes_again() -> None:
    """Nothing is remembered of what was not handed on."""
    stream = Stream()
    records = Batch.of([record(1)], RecordTypes(record=event_layout()))
    for _ in range(2):
        stream.joiner.join(records, NONE, 0, behind=False)
    stream.joiner.commit()
    assert told(stream.joiner.rest()) == ["1"]
