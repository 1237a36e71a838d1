"""Listing: with batches and without, and while the map changes."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pyicmp import bpf
from pyicmp.bpf._native import lib
from pyicmp.bpf.maps import batch
from tests.loading import loaded


class WithoutBatches:
    """libbpf on a kernel before Linux 5.6."""

    def __init__(self, lib: Any) -> None:
        self._lib = lib

    def __getattr__(self, name: str) -> Any:
        if name.endswith("_batch"):
            return lambda *_: -errno.EINVAL
        return getattr(self._lib, name)


@pytest.fixture(params=["batches", "one by one"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param != "batches":
        monkeypatch.setattr(batch, "lib", WithoutBatches(lib))
    return str(request.param)


@pytest.fixture
def obj() -> Iterator[bpf.Object]:
    with loaded("hashes") as one:
        yield one


def test_all_is_listed_once(way: str, obj: bpf.Object) -> None:
    numbers = obj.maps["numbers"]
    expected = {n * 7: -n for n in range(9999)}
    numbers.update(expected)
    assert dict(numbers.items()) == expected
    assert sorted(numbers) == sorted(expected)
    assert len(numbers) == len(expected)
    numbers.clear()
    assert len(numbers) == 0


@pytest.mark.parametrize("name", ["cpu_hash", "cpu_lru", "protocols", "untyped"])
def test_every_kind_of_table(way: str, obj: bpf.Object, name: str) -> None:
    table = obj.maps[name]
    one: Any = {"cpu_lru": (1, 2), "protocols": True, "untyped": b"abc"}.get(name, 5)
    value = [one] * bpf.possible_cpus() if name.startswith("cpu") else one
    keys: list[Any] = [b"%6d" % n for n in range(4)] if name == "untyped" else [1, 2, 3, 4]
    table.update(dict.fromkeys(keys, value))
    assert sorted(table) == keys
    assert all(found == table[keys[0]] for found in table.values())
    table.clear()
    assert not table


def test_arrays_and_tries(way: str) -> None:
    with loaded("arrays") as obj:
        obj.maps["pairs"].update({1: (1, 1), 4: (2, 2)})
        assert [pair.x for pair in obj.maps["pairs"].values()] == [0, 1, 0, 0, 2]
        assert len(obj.maps["cpu_array"].items()) == 3
        assert list(obj.maps["tails"]) == []
    with loaded("prefixes") as obj:
        expected = {f"10.0.{n}.0/24": n for n in range(256)}
        obj.maps["v4"].update(expected)
        assert {str(key): value for key, value in obj.maps["v4"].items()} == expected
    with loaded("nested") as obj:
        assert [one.name for one in obj.maps["by_index"].values()] == ["first"]


def test_deleting_what_is_being_listed(way: str, obj: bpf.Object) -> None:
    numbers = obj.maps["numbers"]
    numbers.update({n: n for n in range(500)})
    met = []
    for key in numbers:
        del numbers[key]
        met.append(key)
    assert sorted(met) == list(range(500))
    assert not numbers


def test_what_stays_is_listed_once_whatever_else_changes(way: str, obj: bpf.Object) -> None:
    numbers, stop = obj.maps["numbers"], threading.Event()
    staying = {n: n for n in range(300)}
    numbers.update(staying)

    def churn() -> None:
        n = 1000
        while not stop.is_set():
            numbers[n] = 0
            numbers.pop(n - 20, None)
            n = n + 1 if n < 2000 else 1000

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(30):
            met = [key for key in numbers if key < 1000]
            assert sorted(met) == list(staying)
    finally:
        stop.set()
        thread.join()
