"""BPF_PROG_TEST_RUN: runs a loaded program here and now, on the CPU of the caller's choice."""

from __future__ import annotations

import ctypes
import os
import struct

from pyicmp import bpf
from tests.tracing import ROOT

RING_OBJECT = ROOT / "build" / "tests" / "ring.bpf.o"
ON_CPU = 1  # BPF_F_TEST_RUN_ON_CPU


class _Options(ctypes.Structure):
    """``struct bpf_test_run_opts`` of libbpf 1.1."""

    _fields_ = (
        ("sz", ctypes.c_size_t),
        ("data_in", ctypes.c_void_p),
        ("data_out", ctypes.c_void_p),
        ("data_size_in", ctypes.c_uint32),
        ("data_size_out", ctypes.c_uint32),
        ("ctx_in", ctypes.c_void_p),
        ("ctx_out", ctypes.c_void_p),
        ("ctx_size_in", ctypes.c_uint32),
        ("ctx_size_out", ctypes.c_uint32),
        ("retval", ctypes.c_uint32),
        ("repeat", ctypes.c_int),
        ("duration", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("cpu", ctypes.c_uint32),
        ("batch_size", ctypes.c_uint32),
    )


REQUEST = struct.Struct("=5Q")
_LIBBPF = ctypes.CDLL("libbpf.so.1", use_errno=True)


def run_program(program: bpf.Program, ctx: bytes, cpu: int | None = None) -> bytes:
    """Run *program* once; what a ``syscall`` program has written to its context comes back."""
    buffer = ctypes.create_string_buffer(ctx, len(ctx))
    options = _Options(sz=ctypes.sizeof(_Options))
    options.ctx_in = ctypes.addressof(buffer)
    options.ctx_size_in = len(ctx)
    if cpu is not None:
        options.flags, options.cpu = ON_CPU, cpu
    if _LIBBPF.bpf_prog_test_run_opts(program.fileno(), ctypes.byref(options)):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return buffer.raw


PLAIN, MIXED, DISCARD, SECOND = range(4)


def emit(obj: bpf.Object, first: int, count: int, mode: int = PLAIN, flags: int = 0) -> int:
    """Put numbered records into a ring of tests/bpf/ring.bpf.c; return how many had no room."""
    request = REQUEST.pack(first, count, mode, flags, 0)
    return int(REQUEST.unpack(run_program(obj.programs["emit"], request))[4])


def emit_perf(obj: bpf.Object, first: int, count: int, cpu: int = 0) -> None:
    """Put numbered records into the array of tests/bpf/perf.bpf.c, on one CPU."""
    run_program(obj.programs["emit"], struct.pack("=QQ", first, count), cpu)


def numbers(batch: bpf.Batch) -> list[int]:
    """Return the numbers of a batch of such records."""
    return [number for (number,) in batch.tuples("number")]
