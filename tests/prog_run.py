"""Runs programs of tests/bpf here and now, to put known records into rings."""

from __future__ import annotations

import struct

from pyicmp import bpf
from tests.tracing import ROOT

RING_OBJECT = ROOT / "build" / "tests" / "ring.bpf.o"
REQUEST = struct.Struct("=5Q")
PLAIN, MIXED, DISCARD, SECOND = range(4)


def emit(obj: bpf.Object, first: int, count: int, mode: int = PLAIN, flags: int = 0) -> int:
    """Put numbered records into a ring of tests/bpf/ring.bpf.c; return how many had no room."""
    request = REQUEST.pack(first, count, mode, flags, 0)
    answer = obj.programs["emit"].test_run(request).ctx
    assert REQUEST.unpack(request)[4] == 0
    return int(REQUEST.unpack(answer)[4])


def emit_perf(obj: bpf.Object, first: int, count: int, cpu: int = 0) -> None:
    """Put numbered records into the array of tests/bpf/perf.bpf.c, on one CPU."""
    obj.programs["emit"].test_run(struct.pack("=QQ", first, count), cpu=cpu)


def numbers(batch: bpf.Batch) -> list[int]:
    """Return the numbers of a batch of such records."""
    return [number for (number,) in batch.tuples("number")]
