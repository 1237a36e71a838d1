"""``pyicmp.testing``: what users test their own code with."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from pyicmp import IcmpEvent, LifecycleError, ObjectError, UsageError
from pyicmp.bpf.batch import Batch
from pyicmp.bpf.records import ByField, RecordTypes
from pyicmp.testing import FakeRing, FakeTracer, make_event, record
from tests.unit import bpf_objects as objects

PLAIN = objects.spec("ring").layout("plain")


def ring_of(*counts: int) -> FakeRing:
    numbers = iter(range(sum(counts)))
    return FakeRing(
        [[PLAIN.pack(number=next(numbers), kind=1) for _ in range(count)] for count in counts],
        PLAIN,
    )


def test_events() -> None:
    event = make_event("192.0.2.9", type="unreachable", code="frag-needed", mtu=1400, ttl=3)
    assert isinstance(event, IcmpEvent)
    assert (event.type, event.code, event.mtu, event.ttl) == (3, 4, 1400, 3)
    assert (event.src, event.dst, event.family) == ("192.0.2.9", "192.0.2.2", 4)
    assert make_event(id=7, seq=9).seq == 9
    assert make_event(type=5, gateway="10.0.0.1").gateway == "10.0.0.1"
    assert make_event(ts_ns=5_000_000_000, lost_before=2).lost_before == 2
    assert make_event(ts_ns=5_000_000_000).ts_ns == 5_000_000_000
    fragment = make_event(header="ICMP_HEADER_FRAGMENT", frag_off=1480)
    assert (fragment.type, fragment.header_absent, fragment.frag_off) == (None, "fragment", 1480)


def test_events_that_cannot_be() -> None:
    for wrong in ({"type": "no-such"}, {"code": "no-such"}, {"ttl": 256}):
        with pytest.raises(UsageError):
            make_event(**wrong)


def test_a_tracer_in_each_kind_of_loop() -> None:
    events = [make_event(seq=number) for number in range(4)]
    with FakeTracer(events) as tracer:
        for event in tracer:
            assert event is events[0]
            break
        assert [event.seq for event in tracer] == [1, 2, 3]
        assert (tracer.stats.seen, tracer.stats.emitted, tracer.stats.unread) == (4, 4, 0)
    (batch,) = FakeTracer(events).batches()
    assert list(batch) == events
    assert batch.numpy()["ttl"].tolist() == [64] * 4

    async def collect() -> list[IcmpEvent]:
        async with FakeTracer(events) as tracer:
            return [event async for event in tracer]

    assert asyncio.run(collect()) == events


def test_a_ring_in_each_kind_of_loop() -> None:
    with ring_of(2, 3) as ring:
        assert [len(batch) for batch in ring] == [2, 3]
        assert not ring.read()
    assert [one.number for one in ring_of(2, 3).records()] == list(range(5))
    assert [len(ring_of(5).read(max_records=2)) for _ in range(2)] == [2, 2]
    ring = ring_of(5)
    assert [len(ring.read(max_records=2)) for _ in range(4)] == [2, 2, 1, 0]

    async def collect() -> list[int]:
        return [len(batch) async for batch in ring_of(2, 3)]

    assert asyncio.run(collect()) == [2, 3]
    ring.close()
    ring.close()
    with pytest.raises(LifecycleError, match="cannot read fake; it is closed"):
        ring.read()


def test_what_is_saved_is_given_again(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    assert record(ring_of(2, 3), path) == 5
    again = FakeRing.load(path)
    assert again.layout is not None
    assert again.layout.name == "plain"
    assert [[one.number for one in batch] for batch in again] == [[0, 1], [2, 3, 4]]
    assert record(ring_of(2, 3), path, max_records=3) == 3
    assert sum(map(len, FakeRing.load(path))) == 3


def test_saved_records_of_several_types(tmp_path: Path) -> None:
    spec = objects.spec("ring")
    types = RecordTypes(record=PLAIN)
    raw = [PLAIN.pack(number=1, kind=1), spec.layout("longer").pack(number=2, kind=2)]
    record(FakeRing([Batch.of(raw, types, lost=7)]), tmp_path / "saved")
    by_kind = ByField("plain", "kind", {1: "plain", 2: "longer"})
    (batch,) = FakeRing.load(tmp_path / "saved", by_kind)
    assert [type(one).__name__ for one in batch] == ["plain", "longer"]
    assert batch.lost == 7


def test_no_recorded_ring(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    record(ring_of(2), path)
    whole = path.read_bytes()
    for damaged in (b"", b"\n", b"{}\n", b"[]\n", b"\x7fELF\n", whole[:-1]):
        path.write_bytes(damaged)
        with pytest.raises(ObjectError, match="cannot load"):
            FakeRing.load(path)


def test_it_needs_no_native_code() -> None:
    script = (
        "import sys; sys.modules['pyicmp.bpf._native'] = None;"
        "from pyicmp.testing import *; make_event(); FakeRing([[b'a']]).read()"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=objects.ROOT)
