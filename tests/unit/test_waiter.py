"""When the ring is read."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import pytest

from pyicmp.icmp.waiter import COALESCE, Waiter


@pytest.fixture
def fds() -> Iterator[tuple[int, int]]:
    """Give two eventfds that stand for the ring and for stop()."""
    ring, stop = os.eventfd(0), os.eventfd(0)
    yield ring, stop
    os.close(ring)
    os.close(stop)


def test_at_once_when_idle_then_on_the_timer(fds: tuple[int, int]) -> None:
    ring, stop = fds
    os.eventfd_write(ring, 1)
    waiter = Waiter([ring], stop, None, [])
    start = time.monotonic()
    assert waiter.wait()
    first = time.monotonic() - start
    assert waiter.wait()
    assert first < COALESCE <= time.monotonic() - start + 1e-4


def test_in_a_hurry_it_waits_for_nothing(fds: tuple[int, int]) -> None:
    start, waiter = time.monotonic(), Waiter([fds[0]], fds[1], 10, [])
    assert waiter.wait(hurry=True)
    assert time.monotonic() - start < 1
    os.eventfd_write(fds[1], 1)
    assert not waiter.wait(hurry=True)


def test_ends_after_the_duration(fds: tuple[int, int]) -> None:
    start = time.monotonic()
    assert not Waiter([fds[0]], fds[1], 0.05, []).wait()
    assert 0.049 <= time.monotonic() - start < 1


def test_ends_after_the_duration_in_a_flood_too(fds: tuple[int, int]) -> None:
    os.eventfd_write(fds[0], 1)
    waiter, start = Waiter([fds[0]], fds[1], 0.05, []), time.monotonic()
    while waiter.wait():
        assert time.monotonic() - start < 1


def test_stop_wakes_it(fds: tuple[int, int]) -> None:
    timer = threading.Timer(0.05, os.eventfd_write, (fds[1], 1))
    timer.start()
    assert not Waiter([fds[0]], fds[1], 10, []).wait()
    timer.join()


def test_a_reader_that_goes_wakes_it(fds: tuple[int, int]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    assert not Waiter([fds[0]], fds[1], 10, [writer]).wait()
    os.close(writer)
