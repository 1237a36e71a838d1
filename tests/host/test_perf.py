"""Perf event arrays: the same interface, and losses told in the stream."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from pyicmp import LifecycleError, UsageError, bpf
from tests.prog_run import emit_perf
from tests.tracing import ROOT


@pytest.fixture
def obj() -> Iterator[bpf.Object]:
    with bpf.open(ROOT / "build" / "tests" / "perf.bpf.o") as opened, opened.load() as loaded:
        yield loaded


@pytest.fixture
def perf(obj: bpf.Object) -> Iterator[bpf.PerfBuffer]:
    with obj.perf("samples") as opened:
        yield opened


def test_records_of_an_inferred_type(obj: bpf.Object, perf: bpf.PerfBuffer) -> None:
    emit_perf(obj, 3, 4)
    batch = perf.read()
    assert batch.layout is not None
    assert batch.layout.name == "sample"
    assert [(one.number, one.cpu, one.comm) for one in batch] == [
        (n, 0, "perf") for n in range(3, 7)
    ]
    assert (batch.size, batch.lost) == (21, 0)  # without the kernel's padding


def test_records_as_arrays(obj: bpf.Object, perf: bpf.PerfBuffer) -> None:
    emit_perf(obj, 3, 4)
    assert perf.read().numpy()["number"].tolist() == [3, 4, 5, 6]


def test_all_cpus_in_order_for_each(obj: bpf.Object, perf: bpf.PerfBuffer) -> None:
    cpus = sorted(os.sched_getaffinity(0))[:2]
    for cpu in cpus:
        emit_perf(obj, 1000 * cpu, 100, cpu)
    rows = [row for _ in cpus for row in perf.read(timeout=0).tuples("cpu", "number")]
    for cpu in cpus:
        assert [n for at, n in rows if at == cpu] == list(range(1000 * cpu, 1000 * cpu + 100))


def test_what_a_bounded_batch_leaves_is_still_readable(
    obj: bpf.Object, perf: bpf.PerfBuffer
) -> None:
    emit_perf(obj, 0, 10)
    assert len(perf.read(max_records=4)) == 4
    assert bpf.wait([perf], timeout=5) == [perf]
    assert len(perf.read(timeout=5)) == 6
    bpf.wait([perf], timeout=0)  # may say so once more
    assert bpf.wait([perf], timeout=0) == []


def test_records_and_losses_add_up(obj: bpf.Object) -> None:
    with obj.perf("samples", "sample", pages=1) as perf:
        sent = received = lost = 0
        for _ in range(20):
            emit_perf(obj, sent, 1000)
            sent += 1000
            while batch := perf.read(timeout=0):
                received, lost = received + len(batch), lost + batch.lost
        emit_perf(obj, sent, 1)  # with it the kernel tells what it had no room for
        batch = perf.read()
        assert (received + len(batch)) + (lost + batch.lost) == sent + 1
        assert lost > 0 < received


def test_bytes_without_a_type(obj: bpf.Object) -> None:
    with obj.perf("samples", lambda raw: "sample") as perf:
        emit_perf(obj, 8, 2)
        assert [one.number for one in perf.read()] == [8, 9]


def test_what_cannot_be(obj: bpf.Object, perf: bpf.PerfBuffer) -> None:
    for pages in (0, 3):
        with pytest.raises(UsageError, match="power of two"):
            obj.perf("samples", "sample", pages)
    with pytest.raises(UsageError, match="no ring buffer"):
        obj.ring("samples", "sample")
    perf.close()
    with pytest.raises(LifecycleError, match="cannot read samples; it is closed"):
        perf.read()
