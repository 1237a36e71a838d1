"""
How fast a full ring is read, beside libbpf in C and bcc on the same ring, in interleaved rounds.

A ``syscall`` program (tests/bpf/ring.bpf.c) puts RECORDS records of 32 bytes into a ring of
64 MiB; each way then reads them all and adds up one member of each, and must get the right sum.
"""

from __future__ import annotations

import ctypes
import os
import statistics
import sys
import time
from collections.abc import Callable

from bench.ring_bcc import drain_by_bcc
from pyicmp import bpf
from tests.prog_run import emit

RECORDS = int(os.environ.get("RECORDS", "1000000"))
ROUNDS = int(os.environ.get("ROUNDS", "7"))
RING_LEN = 64 << 20
TARGETS = {"numpy": 1.5, "records": 100.0}


def c_drain(ring: bpf.RingBuffer) -> Callable[[], int]:
    """Return a function that reads all in C: build/bench/ring.so."""
    c = ctypes.CDLL("build/bench/ring.so")
    c.open_ring.restype = ctypes.c_void_p
    c.drain_ring.argtypes = [ctypes.c_void_p]
    total = ctypes.c_uint64()
    opened = c.open_ring(ring.fileno(), ctypes.byref(total))

    def drain() -> int:
        total.value = 0
        c.drain_ring(opened)
        return total.value

    return drain


def numpy_drain(ring: bpf.RingBuffer) -> int:
    total = 0
    while batch := ring.read(timeout=0):
        total += int(batch.numpy()["number"].sum())
    return total


def tuples_drain(ring: bpf.RingBuffer) -> int:
    total = 0
    while batch := ring.read(timeout=0):
        for (number,) in batch.tuples("number"):
            total += number
    return total


def records_drain(ring: bpf.RingBuffer) -> int:
    total = 0
    while batch := ring.read(timeout=0):
        for record in batch:
            total += record.number
    return total


def timed(obj: bpf.Object, drain: Callable[[], int]) -> float:
    """Fill the ring, then return the seconds that *drain* takes."""
    assert emit(obj, 0, RECORDS) == 0, "the ring is too small"
    start = time.perf_counter()
    total = drain()
    taken = time.perf_counter() - start
    assert total == RECORDS * (RECORDS - 1) // 2
    return taken


def told(name: str, rounds: list[dict[str, float]]) -> bool:
    """Print how long one way took, and tell whether that is short enough."""
    taken = [one[name] * 1000 for one in rounds]
    ratio = statistics.median(one[name] / one["C"] for one in rounds)
    target = TARGETS.get(name)
    print(
        f"{name:8} {statistics.median(taken):8.1f} ms [{min(taken):.1f}-{max(taken):.1f}]"
        f"  {ratio:6.2f} x C" + (f"  (at most {target:g})" if target else "")
    )
    return target is None or ratio <= target


def main() -> int:
    with bpf.open("build/tests/ring.bpf.o") as opened:
        opened.maps["numbers"].max_entries = RING_LEN
        with opened.load() as obj, obj.ring("numbers", "plain") as ring:
            ways = {
                "C": c_drain(ring),
                "numpy": lambda: numpy_drain(ring),
                "tuples": lambda: tuples_drain(ring),
                "records": lambda: records_drain(ring),
            }
            bcc = drain_by_bcc(ring.fileno())
            if bcc:
                ways["bcc"] = bcc[1]
            for drain in ways.values():
                timed(obj, drain)
            rounds = [{name: timed(obj, way) for name, way in ways.items()} for _ in range(ROUNDS)]
    print(f"{RECORDS} records of 32 bytes, {ROUNDS} rounds: median [min-max]")
    missed = [name for name in ways if not told(name, rounds)]
    print(f"bcc is {bcc[0]}" if bcc else "bcc      not installed (python3-bpfcc)")
    return bool(missed)


sys.exit(main())
