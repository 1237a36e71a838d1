"""A user's script, never run: what a type checker must make of it (`make lint`, mypy --strict)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyicmp
from pyicmp import bpf
from pyicmp.testing import FakeRing, FakeTracer, make_event, record

if TYPE_CHECKING:
    import numpy as np
    from typing_extensions import assert_type


def by_length(raw: memoryview) -> str:
    return "plain" if len(raw) == 32 else "longer"


def read(obj: bpf.Object) -> None:
    kinds = bpf.ByField("header", "kind", {"KIND_OPEN": "opened", 2: "exited"})
    with obj.ring("numbers", lost=lambda: 0) as ring, obj.perf("samples", by_length) as perf:
        assert_type(ring, bpf.RingBuffer)
        assert_type(bpf.wait([ring, perf], timeout=1), list[bpf.Reader])
        batch = ring.read(timeout=1.0, max_records=10)
        assert_type(batch, bpf.Batch)
        assert_type(batch.numpy(), np.ndarray[Any, np.dtype[np.void]])
        assert_type(batch.raw(), Iterator[memoryview])
        assert_type(batch.lost + batch.count + ring.fileno() + ring.pending, int)
        for one in batch:
            print(one.pid, one.where.port)
        for number, port in batch.tuples("number", "where.port"):
            print(number, port)
        for following in ring:
            assert_type(following, bpf.Batch)
        record(ring, "saved", seconds=1.0)
    obj.ring("numbers", kinds).close()


async def read_on(ring: bpf.RingBuffer) -> None:
    async for batch in ring:
        assert_type(batch, bpf.Batch)
    assert_type(await ring.aread(timeout=1.0), bpf.Batch)


async def trace() -> None:
    async with pyicmp.Tracer(types=["errors"], src=["10.0.0.0/8"], attach="auto") as tracer:
        async for event in tracer:
            assert_type(event, pyicmp.IcmpEvent)
        async for batch in tracer.abatches(duration=1.0):
            print(batch.numpy()["ttl"])


def fake() -> None:
    assert_type(make_event(type="unreachable", code=3, ttl=9), pyicmp.IcmpEvent)
    for event in FakeTracer([make_event()]):
        assert_type(event, pyicmp.IcmpEvent)
    assert_type(FakeRing.load("saved"), FakeRing)
