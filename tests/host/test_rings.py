"""Ring buffers: every record once, in order, however it is read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from types import FrameType
from typing import Any

import pytest

from pyicmp import LayoutError, LifecycleError, UsageError, bpf
from pyicmp.testing import FakeRing, record
from tests.prog_run import DISCARD, MIXED, SECOND, emit, numbers
from tests.tracing import ROOT

KINDS = bpf.ByField("plain", "kind", {"KIND_PLAIN": "plain", "KIND_LONG": "longer"})


def test_records(obj: bpf.Object, ring: bpf.RingBuffer) -> None:
    emit(obj, 5, 3)
    batch = ring.read()
    assert [one.number for one in batch] == numbers(batch) == [5, 6, 7]
    last = list(batch)[-1]
    assert (last.kind.name, last.where.port, last.where.path) == ("KIND_PLAIN", 7, b"\7" * 6)
    assert last.comm == "emit"


def test_a_batch_is_bounded_and_its_bytes_are_its_own(
    obj: bpf.Object, ring: bpf.RingBuffer
) -> None:
    emit(obj, 0, 10)
    first = ring.read(max_records=4)
    assert ring.pending == 6 * 40
    assert [numbers(first), numbers(ring.read())] == [[0, 1, 2, 3], [4, 5, 6, 7, 8, 9]]
    for _ in range(50):
        emit(obj, 100, 1000)
        ring.read()
    assert numbers(first) == [0, 1, 2, 3]


def test_round_and_round(obj: bpf.Object, ring: bpf.RingBuffer) -> None:
    for first in range(0, 200_000, 20_000):
        assert emit(obj, first, 20_000) == 0
        got = [number for _ in range(5) for number in numbers(ring.read(timeout=0))]
        assert got == list(range(first, first + 20_000))
    assert not ring.read(timeout=0)


def test_a_full_ring_loses_the_newest_and_the_program_counts_them(obj: bpf.Object) -> None:
    told = [0]
    with obj.ring("second", "plain", lost=lambda: told[0]) as ring:
        told[0] = emit(obj, 0, 1000, SECOND)
        batch = ring.read()
        assert numbers(batch) == list(range(102))  # 4096 bytes, 40 a record
        assert batch.lost == told[0] == 1000 - 102
        assert ring.read(timeout=0).lost == 0


def test_losses_are_told_of_even_without_a_record(obj: bpf.Object) -> None:
    told = [0]
    with obj.ring("numbers", "plain", lost=lambda: told[0]) as ring:
        told[0] = 5
        batch = ring.read(timeout=10)
        assert (len(batch), batch.lost) == (0, 5)


def test_discarded_records_are_passed_over(obj: bpf.Object, ring: bpf.RingBuffer) -> None:
    emit(obj, 0, 10, DISCARD)
    assert numbers(ring.read(max_records=3)) == [0, 2, 4]
    assert numbers(ring.read()) == [6, 8]
    assert not ring.read(timeout=0.01)
    assert ring.pending == 0


def test_several_types_in_one_ring(obj: bpf.Object) -> None:
    with obj.ring("numbers", KINDS) as ring:
        emit(obj, 0, 6, MIXED)
        batch = ring.read()
        assert [(type(one).__name__, one.number) for one in batch] == [
            *(("plain", 0), ("plain", 1), ("longer", 2)),
            *(("plain", 3), ("plain", 4), ("longer", 5)),
        ]
        assert batch.sizes.tolist() == [32, 32, 40] * 2
        squares = tuple(n * n for n in range(7))
        assert [tuple(one.squares) for one in batch.only("longer")] == [squares] * 2


def test_records_as_arrays(obj: bpf.Object, ring: bpf.RingBuffer) -> None:
    emit(obj, 5, 3)
    array = ring.read().numpy()
    assert array["number"].tolist() == array["where"]["port"].tolist() == [5, 6, 7]


def test_several_types_as_arrays(obj: bpf.Object) -> None:
    with obj.ring("numbers", KINDS) as ring:
        emit(obj, 0, 6, MIXED)
        array = ring.read().only("longer").numpy()
        assert array["squares"].tolist() == [[n * n for n in range(7)]] * 2


def test_without_a_type_records_are_bytes(obj: bpf.Object) -> None:
    with obj.ring("numbers") as ring:
        emit(obj, 7, 1)
        (raw,) = ring.read()
        assert isinstance(raw, memoryview)
        assert int.from_bytes(raw[:8], sys.byteorder) == 7


def test_several_rings_at_once(obj: bpf.Object, ring: bpf.RingBuffer) -> None:
    with obj.ring("second", "plain") as second:
        assert bpf.wait([ring, second], timeout=0.01) == []
        emit(obj, 0, 1, SECOND)
        assert bpf.wait([ring, second]) == [second]
        emit(obj, 0, 1)
        assert bpf.wait([ring, second]) == [ring, second]
        threading.Timer(0.05, second.close).start()
        ring.read(), second.read()
        with pytest.raises(LifecycleError):
            bpf.wait([ring, second], timeout=10)


def test_records_goes_on_where_a_loop_ended(obj: bpf.Object, ring: bpf.RingBuffer) -> None:
    emit(obj, 0, 5)
    for one in ring.records():
        if one.number == 1:
            break

    def raising() -> None:
        for one in ring.records():
            raise ZeroDivisionError(one.number)

    with pytest.raises(ZeroDivisionError, match="2"):
        raising()
    rest = ring.records()
    assert [next(rest).number for _ in range(2)] == [3, 4]


def test_the_timeout(ring: bpf.RingBuffer) -> None:
    start = time.monotonic()
    assert not ring.read(timeout=0.05)
    assert 0.049 <= time.monotonic() - start < 1
    assert not ring.read(timeout=0)
    assert not ring.read(timeout=-1)


def test_what_cannot_be_meant(obj: bpf.Object, ring: bpf.RingBuffer) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        ring.read(max_records=0)
    with pytest.raises(LayoutError, match="no_such"):
        obj.ring("numbers", "no_such")
    with pytest.raises(UsageError, match="no perf event array"):
        obj.perf("numbers", "plain")


def test_a_saved_ring(obj: bpf.Object, ring: bpf.RingBuffer, tmp_path: os.PathLike[str]) -> None:
    emit(obj, 0, 9)
    assert record(ring, os.path.join(tmp_path, "saved")) == 9
    again = FakeRing.load(os.path.join(tmp_path, "saved"))
    assert [one.number for one in again.records()] == list(range(9))


def test_a_handler_that_returns_does_not_end_the_wait(
    obj: bpf.Object, ring: bpf.RingBuffer
) -> None:
    fired = []

    def handler(*_: object) -> None:
        fired.append(1)
        if len(fired) == 20:
            emit(obj, 0, 1)

    old = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
        assert numbers(ring.read(timeout=10)) == [0]
        assert len(fired) >= 20
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


class InterruptError(Exception):
    """What the handler raises, as Ctrl-C raises KeyboardInterrupt."""


@pytest.mark.skipif(
    sys.version_info < (3, 11), reason="see pyicmp.bpf.reader: only for loops there"
)
@pytest.mark.parametrize("form", ["read", "loop", "records"])
def test_exceptions_out_of_signal_handlers_lose_and_double_nothing(
    form: str, obj: bpf.Object, ring: bpf.RingBuffer
) -> None:
    """Interrupted hundreds of times, anywhere in the reading."""
    got: list[int] = []
    armed, interrupts = [False], [0]

    def handler(signum: int, frame: FrameType | None) -> None:
        if armed[0]:
            interrupts[0] += 1
            armed[0] = False
            raise InterruptError

    def read_by_calls() -> None:
        while len(got) < total:
            armed[0] = True
            batch = ring.read(timeout=0, max_records=7)
            armed[0] = False
            got.extend(numbers(batch))

    def read_by_loop() -> None:
        armed[0] = True
        source: Iterator[Any] = ring if form == "loop" else ring.records()
        for item in source:
            armed[0] = False
            got.extend(numbers(item) if form == "loop" else [item.number])
            if len(got) == total:
                return
            armed[0] = True

    step = 50 if form == "loop" else 20_000  # a loop's batches are as large as they can be
    old = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        for total in range(step, 160_001, step):
            emit(obj, total - step, step)
            while len(got) < total:
                with suppress(InterruptError):
                    read_by_calls() if form == "read" else read_by_loop()
                armed[0] = False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert got == list(range(total))
    assert interrupts[0] > 10


def test_ctrl_c_while_waiting() -> None:
    script = """
from tests.prog_run import opened_ring
with opened_ring() as opened, opened.load() as obj, obj.ring("numbers") as ring:
    print("ready", flush=True)
    try:
        ring.read()
    except KeyboardInterrupt:
        print("interrupted", ring.closed)
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "interrupted False\n"
    assert process.returncode == 0
