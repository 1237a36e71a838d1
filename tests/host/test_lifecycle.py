"""Threads, forks, closing in between, and thousands of lives in one process."""

from __future__ import annotations

import gc
import os
import resource
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

import pyicmp
from pyicmp import LifecycleError, bpf
from tests.bpf_ids import bpf_ids
from tests.prog_run import emit, numbers, opened_ring
from tests.tracing import ping

CYCLES = int(os.environ.get("CYCLES", "300"))
RSS_GROWTH_MAX = 2 << 20
# What the allocators need before they level out.
WARM_UP = 100
Ids = tuple[set[int], set[int], set[int]]


def in_child(work: Callable[[], object]) -> int:
    """Return the exit code of a forked child: 0 if *work* got a LifecycleError there."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
        except LifecycleError as error:
            code = 0 if "forked from" in str(error) else 2
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def fds() -> int:
    return len(os.listdir("/proc/self/fd"))


def own_ids() -> Ids:
    """Return the ids of the programs, maps and links that this process holds."""
    found: Ids = (set(), set(), set())
    for fd in os.listdir("/proc/self/fdinfo"):
        with suppress(OSError), open(f"/proc/self/fdinfo/{fd}") as file:
            facts = dict(line.split(":", 1) for line in file.read().splitlines() if ":" in line)
        for ids, key in zip(found, ("prog_id", "map_id", "link_id"), strict=True):
            if key in facts:
                ids.add(int(facts[key]))
    return found


def are_gone(mine: Ids) -> bool:
    """Tell whether none of these is in the kernel any more, given time for a grace period."""
    for _ in range(50):
        if not any(ids & set(all_ids) for ids, all_ids in zip(mine, bpf_ids(), strict=True)):
            return True
        time.sleep(0.1)
    return False


def rss() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def test_32_threads_get_each_record_once(obj: bpf.Object, ring: bpf.RingBuffer) -> None:
    got: list[int] = []

    def read() -> None:
        while batch := ring.read(timeout=0.5, max_records=50):
            got.extend(numbers(batch))

    threads = [threading.Thread(target=read) for _ in range(32)]
    for thread in threads:
        thread.start()
    for first in range(0, 50_000, 1000):
        while ring.pending > ring.ring_len // 2:
            time.sleep(0.001)
        assert emit(obj, first, 1000) == 0
    for thread in threads:
        thread.join(30)
    assert sorted(got) == list(range(50_000))


def test_close_while_32_threads_read_and_wait(obj: bpf.Object) -> None:
    for flooded in (False, True):
        before = fds()
        ring = obj.ring("numbers", "plain")
        outcomes: list[str] = []

        def read(ring: bpf.RingBuffer = ring, outcomes: list[str] = outcomes) -> None:
            try:
                while True:
                    ring.read(max_records=10)
            except LifecycleError as error:
                outcomes.append(str(error))

        threads = [threading.Thread(target=read) for _ in range(32)]
        for thread in threads:
            thread.start()
        for first in range(20 * flooded):
            emit(obj, first, 1000)
        ring.close()
        for thread in threads:
            thread.join(10)
        assert outcomes == ["cannot read numbers; it is closed; open it again"] * 32
        assert fds() == before
        with obj.ring("numbers", "plain") as again:
            while again.read(timeout=0):
                pass


def test_open_and_close_against_readers(obj: bpf.Object) -> None:
    def read(ring: bpf.RingBuffer) -> None:
        with pytest.raises(LifecycleError):
            ring.read()

    for _ in range(200):
        ring = obj.ring("numbers", "plain")
        thread = threading.Thread(target=read, args=[ring])
        thread.start()
        closer = threading.Thread(target=ring.close)
        closer.start()
        ring.close()
        thread.join(10)
        closer.join(10)
        assert not thread.is_alive()


def test_a_forked_child_has_no_part_in_it(obj: bpf.Object, ring: bpf.RingBuffer) -> None:
    emit(obj, 0, 3)
    uses: list[Callable[[], object]] = [
        ring.read,
        ring.fileno,
        lambda: ring.pending,
        lambda: bpf.wait([ring]),
        lambda: obj.ring("numbers", "plain"),
        lambda: obj.programs["emit"].fileno(),
        lambda: obj.maps["numbers"].fileno(),
    ]
    assert [in_child(use) for use in uses] == [0] * len(uses)
    assert numbers(ring.read()) == [0, 1, 2]


def test_8_children_while_32_threads_read(obj: bpf.Object, ring: bpf.RingBuffer) -> None:
    got: list[int] = []

    def read() -> None:
        while batch := ring.read(timeout=2, max_records=20):
            got.extend(numbers(batch))

    threads = [threading.Thread(target=read, daemon=True) for _ in range(32)]
    for thread in threads:
        thread.start()
    codes = []
    for first in range(8):
        emit(obj, 1000 * first, 1000)
        codes.append(in_child(ring.read))
    for thread in threads:
        thread.join(30)
    assert codes == [0] * 8
    assert sorted(got) == list(range(8000))


def test_a_child_keeps_nothing_in_the_kernel() -> None:
    opened = pyicmp.Tracer(attach="tracepoint")  # before 5.15 a kprobe has no link
    opened.open()
    mine = own_ids()
    assert all(mine)
    ready, end = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(ready[1], b"x")
        os.close(end[1])
        os.read(end[0], 1)
        os._exit(0)
    try:
        os.read(ready[0], 1)
        opened.close()
        assert are_gone(mine)
    finally:
        for fd in (*ready, *end):
            os.close(fd)
        os.waitpid(pid, 0)


def test_a_tracer_goes_on_when_a_child_closes_and_stops_it() -> None:
    with pyicmp.Tracer() as tracer:

        def misuse() -> None:
            tracer.stop()
            tracer.close()
            next(ours)

        ours = tracer.attachment.ring
        assert in_child(misuse) == 0
        ping(2)
        events = iter(tracer)
        assert next(events).is_echo


def test_an_object_may_be_closed_before_its_ring() -> None:
    with opened_ring() as opened, opened.load() as obj:
        ring = obj.ring("numbers", "plain")
        emit(obj, 0, 2)
    with ring:
        assert numbers(ring.read(timeout=0)) == [0, 1]


def test_a_handler_cannot_read_what_it_interrupts(ring: bpf.RingBuffer) -> None:
    ring._taking = True
    with pytest.raises(LifecycleError, match="signal handler"):
        ring.read()
    ring._taking = False
    ring.close()
    assert ring.closed


def test_nothing_grows() -> None:
    """Open, load, attach, read, close: many times in one process."""

    mine: Ids = (set(), set(), set())

    def cycle(remember: bool = False) -> None:
        with pyicmp.Tracer(attach="tracepoint", buffer=4096) as tracer:
            tracer.attachment.ring.read(timeout=0)
            if remember:
                for all_ids, ids in zip(mine, own_ids(), strict=True):
                    all_ids |= ids

    for _ in range(WARM_UP):
        cycle()
    gc.collect()
    fds_before, rss_before, start = fds(), rss(), time.monotonic()
    for number in range(CYCLES):
        cycle(remember=number % 50 == 0)  # all of them would take the memory that is measured
    gc.collect()
    taken, growth = time.monotonic() - start, rss() - rss_before
    print(f"{CYCLES} cycles in {taken:.1f} s: RSS grew by {growth / 1024:.0f} KiB")
    assert fds() == fds_before
    assert are_gone(mine)
    assert growth < RSS_GROWTH_MAX
