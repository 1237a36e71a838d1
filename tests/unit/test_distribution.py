"""Times in bounded memory, beside the same numbers kept one by one."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from itertools import pairwise
from math import ceil

import numpy as np
import pytest

from pyicmp.icmp.rtt.distribution import COARSE, FINE, FINEST, Distribution

PARTS = (0.001, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0)
SHAPES: dict[str, Callable[[random.Random], int]] = {
    "even": lambda chance: int(chance.uniform(0, 2_000_000)),
    "long tail": lambda chance: int(chance.lognormvariate(12, 2)),
    "two humps": lambda chance: int(chance.gauss(*chance.choice([(3e5, 1e4), (4e7, 1e6)]))),
    "short": lambda chance: chance.randrange(120),
    "all alike": lambda _: 21_000_000,
}


def distribution(times: list[int]) -> Distribution:
    found = Distribution()
    for ns in times:
        found.add(ns)
    return found


@pytest.fixture(params=SHAPES)
def times(request: pytest.FixtureRequest) -> list[int]:
    chance = random.Random(request.param)
    return [max(0, SHAPES[request.param](chance)) for _ in range(5000)]


def test_what_is_exact(times: list[int]) -> None:
    found = distribution(times)
    assert (found.count, found.min_ns, found.max_ns) == (len(times), min(times), max(times))
    assert found.total_ns == sum(times)
    assert found.mean_ns == pytest.approx(statistics.fmean(times), rel=1e-12)
    assert found.stddev_ns == pytest.approx(statistics.pstdev(times), rel=1e-9)


def test_quantiles(times: list[int]) -> None:
    found, ordered = distribution(times), sorted(times)
    for part in PARTS:
        exact = ordered[ceil(part * len(times)) - 1]
        assert exact == np.quantile(times, part, method="inverted_cdf")
        assert found.quantile(part) == pytest.approx(exact, rel=0.0126, abs=0)


@pytest.mark.parametrize("steps", [COARSE, FINE, FINEST], ids=len)
def test_histogram(times: list[int], steps: tuple[int, ...]) -> None:
    bars = list(distribution(times).histogram(steps))
    assert sum(count for _, _, count in bars) == len(times)
    assert bars[0][2]
    assert bars[-1][2]
    assert all(bar[1] == following[0] for bar, following in pairwise(bars))
    for low, high, count in bars:
        assert count == sum(low <= ns < high for ns in times)
        assert high < 100 or int(str(high)[:3]) in steps


def test_merged_is_as_if_never_apart(times: list[int]) -> None:
    whole, first, second = distribution(times), distribution(times[:99]), distribution(times[99:])
    first.merge(second)
    first.merge(Distribution())
    assert list(first.histogram()) == list(whole.histogram())
    for name in ("count", "min_ns", "max_ns", "mean_ns", "stddev_ns"):
        assert getattr(first, name) == getattr(whole, name)
    assert [first.quantile(part) for part in PARTS] == [whole.quantile(part) for part in PARTS]


def test_memory_is_bounded() -> None:
    found = Distribution()
    chance = random.Random(1)
    for _ in range(100_000):
        found.add(int(10 ** chance.uniform(0, 12)))
    assert len(found._buckets) <= 100 + 160 * 10


def test_nothing() -> None:
    found = Distribution()
    assert (found.mean_ns, found.stddev_ns, found.quantile(0.5), found.count) == (0, 0, 0, 0)
    assert list(found.histogram()) == []


def test_zero() -> None:
    assert list(distribution([0, 0]).histogram()) == [(0, 1, 2)]
