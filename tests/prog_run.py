"""Runs programs of tests/bpf here and now, to put known records into rings."""

from __future__ import annotations

import struct

from pyicmp import bpf
from tests.tracing import ROOT

RING_OBJECT = ROOT / "build" / "tests" / "ring.bpf.o"
REQUEST = struct.Struct("=5Q")
PLAIN, MIXED, DISCARD, SECOND = range(4)
FEW = 96  # records, as in both C files


def opened_ring() -> bpf.OpenObject:
    """Open tests/bpf/ring.bpf.o, with the program that this kernel has room for."""
    opened = bpf.open(RING_OBJECT)
    able = bpf.features.program_type("syscall") and bpf.features.helper("loop", "syscall")
    opened.programs["emit"].autoload = bool(able)
    opened.programs["emit_few"].autoload = not able
    return opened


def emit(obj: bpf.Object, first: int, count: int, mode: int = PLAIN, flags: int = 0) -> int:
    """Put numbered records into a ring of tests/bpf/ring.bpf.c; return how many had no room."""
    if obj.programs["emit"].fileno() < 0:
        return _emit_few(obj, first, count, mode, flags)
    request = REQUEST.pack(first, count, mode, flags, 0)
    answer = obj.programs["emit"].test_run(request).ctx
    assert REQUEST.unpack(request)[4] == 0
    return int(REQUEST.unpack(answer)[4])


def _emit_few(obj: bpf.Object, first: int, count: int, mode: int, flags: int) -> int:
    lost = 0
    for start in range(0, count, FEW):
        request = struct.pack("=4Q", first + start, min(FEW, count - start), mode, flags)
        lost += obj.programs["emit_few"].test_run(request).retval
    return lost


def emit_perf(obj: bpf.Object, first: int, count: int, cpu: int = 0) -> None:
    """Put numbered records into the array of tests/bpf/perf.bpf.c, on one CPU."""
    for start in range(0, count, FEW):
        request = struct.pack("=QQ", first + start, min(FEW, count - start))
        obj.programs["emit"].test_run(request, cpu=cpu)


def numbers(batch: bpf.Batch) -> list[int]:
    """Return the numbers of a batch of such records."""
    return [number for (number,) in batch.tuples("number")]
