"""Rings and the tracer in asyncio: cancelled, interrupted, raising, closed; nothing lost."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time

import pytest

import pyicmp
from pyicmp import LifecycleError, bpf
from tests.prog_run import SECOND, emit, numbers
from tests.tracing import ROOT, ping


async def take(ring: bpf.RingBuffer, got: list[int], count: int) -> None:
    async for batch in ring:
        got.extend(numbers(batch))
        if len(got) >= count:
            return


def test_batches_as_they_come(obj: bpf.Object, ring: bpf.RingBuffer) -> None:
    async def main() -> list[int]:
        got: list[int] = []
        task = asyncio.create_task(take(ring, got, 30))
        for first in range(0, 30, 10):
            emit(obj, first, 10)
            await asyncio.sleep(0.01)
        await asyncio.wait_for(task, 5)
        return got

    assert asyncio.run(main()) == list(range(30))


def test_cancelled_while_waiting(obj: bpf.Object, ring: bpf.RingBuffer) -> None:
    """300 times, at random moments around the arrival of records."""

    async def main() -> list[int]:
        got: list[int] = []
        for first in range(0, 3000, 10):
            task = asyncio.create_task(take(ring, got, 1 << 30))
            await asyncio.sleep(random.random() / 5000)
            emit(obj, first, 10)
            for _ in range(random.randrange(5)):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(take(ring, got, 1 << 30), 0.05)
        return got

    assert asyncio.run(main()) == list(range(3000))


def test_a_body_that_raises(obj: bpf.Object, ring: bpf.RingBuffer) -> None:
    async def main() -> list[int]:
        got: list[int] = []
        emit(obj, 0, 3)

        async def raising() -> None:
            async for batch in ring:
                got.extend(numbers(batch))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await raising()
        emit(obj, 3, 3)
        await take(ring, got, 6)
        return got

    assert asyncio.run(main()) == list(range(6))


def test_two_tasks_share_a_ring_and_each_record_goes_to_one(
    obj: bpf.Object, ring: bpf.RingBuffer
) -> None:
    async def main() -> list[int]:
        got: list[int] = []
        tasks = [asyncio.create_task(take(ring, got, 1000)) for _ in range(2)]
        for first in range(0, 1000, 10):
            emit(obj, first, 10)
            await asyncio.sleep(0)
        await asyncio.wait(tasks, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return got

    assert asyncio.run(main()) == list(range(1000))


def test_several_rings(obj: bpf.Object, ring: bpf.RingBuffer) -> None:
    async def main() -> tuple[list[int], list[int]]:
        one: list[int] = []
        two: list[int] = []
        with obj.ring("second", "plain") as second:
            tasks = asyncio.gather(take(ring, one, 5), take(second, two, 5))
            await asyncio.sleep(0.01)
            emit(obj, 0, 5)
            emit(obj, 5, 5, SECOND)
            await asyncio.wait_for(tasks, 5)
        return one, two

    assert asyncio.run(main()) == (list(range(5)), list(range(5, 10)))


def test_the_timeout(ring: bpf.RingBuffer) -> None:
    start = time.monotonic()
    assert not asyncio.run(ring.aread(timeout=0.05))
    assert 0.049 <= time.monotonic() - start < 1


def test_close_wakes_the_tasks(ring: bpf.RingBuffer) -> None:
    async def main() -> list[BaseException | None]:
        tasks = [asyncio.create_task(take(ring, [], 1)) for _ in range(3)]
        await asyncio.sleep(0.02)
        ring.close()
        return await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)

    assert [type(one) for one in asyncio.run(main())] == [LifecycleError] * 3


def test_no_descriptor_is_left(obj: bpf.Object, ring: bpf.RingBuffer) -> None:
    async def main() -> tuple[int, int]:
        await ring.aread(timeout=0.001)
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(50):
            await ring.aread(timeout=0.001)
        return before, len(os.listdir("/proc/self/fd"))

    before, after = asyncio.run(main())
    assert before == after


def test_ctrl_c_reaches_the_caller() -> None:
    script = """
import asyncio
from tests.prog_run import opened_ring
async def main(ring):
    async for batch in ring:
        pass
with opened_ring() as opened, opened.load() as obj, obj.ring("numbers") as ring:
    print("ready", flush=True)
    try:
        asyncio.run(main(ring))
    except KeyboardInterrupt:
        print("interrupted")
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "interrupted\n"


def test_the_tracer() -> None:
    async def main() -> tuple[int, pyicmp.Stats]:
        seqs = []
        async with pyicmp.Tracer(direction="in") as tracer:
            pings = asyncio.create_task(asyncio.to_thread(ping, 5))
            async for event in tracer:
                if event.is_echo and event.src == "127.0.0.1":
                    seqs.append(event.seq)
                if len(seqs) == 4:
                    break
            async for event in tracer:  # goes on where the first loop ended
                if event.is_echo and event.src == "127.0.0.1":
                    seqs.append(event.seq)
                if len(seqs) == 10:
                    tracer.stop()
            await pings
        assert sorted(number or 0 for number in seqs) == [n for n in range(1, 6) for _ in range(2)]
        return len(seqs), tracer.stats

    count, stats = asyncio.run(main())
    assert count == 10
    assert stats.seen == stats.filtered + stats.emitted + stats.unread
    assert stats.lost == 0


def test_the_tracers_batches_as_arrays() -> None:
    async def main() -> int:
        async with pyicmp.Tracer(direction="in") as tracer:
            pings = asyncio.create_task(asyncio.to_thread(ping, 3))
            count = 0
            async for batch in tracer.abatches(duration=2):
                array = batch.numpy()
                count += int((array["protocol"] == 1).sum())
                if count >= 6:
                    break
            await pings
            return count

    assert asyncio.run(main()) >= 6


def test_the_tracer_is_cancelled() -> None:
    async def loop(tracer: pyicmp.Tracer) -> None:
        async for _ in tracer:
            pass

    async def main() -> None:
        async with pyicmp.Tracer(direction="in") as tracer:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(loop(tracer), 0.1)

    asyncio.run(main())
