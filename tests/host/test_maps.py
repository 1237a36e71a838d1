"""Maps as mappings: keys and values of every form, and each refusal."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest

from pyicmp import BpfError, LayoutError, LifecycleError, NotPermitted, UsageError, bpf
from tests.loading import loaded

FLOW = {"src": 0x7F000001, "port": 80, "proto": 6}
COUNT = {"packets": 3, "proto": "PROTO_TCP", "comm": "ping", "times": (1, 2)}
CPUS = bpf.possible_cpus()


@pytest.fixture(scope="module")
def hashes() -> Iterator[bpf.Object]:
    with loaded("hashes") as obj:
        yield obj


@pytest.fixture(scope="module")
def arrays() -> Iterator[bpf.Object]:
    with loaded("arrays") as obj:
        yield obj


@pytest.fixture
def flows(hashes: bpf.Object) -> bpf.Map:
    hashes.maps["flows"].clear()
    return hashes.maps["flows"]


@pytest.fixture
def numbers(hashes: bpf.Object) -> bpf.Map:
    hashes.maps["numbers"].clear()
    return hashes.maps["numbers"]


def test_structs_go_in_as_mapping_tuple_record_or_bytes(flows: bpf.Map) -> None:
    flows[FLOW] = COUNT
    record = flows[(0x7F000001, 80, 6)]
    assert (record.packets, record.proto.name, record.comm) == (3, "PROTO_TCP", "ping")
    assert record.times.last_ns == 2
    (key,) = flows
    assert (key.src, key.port, key.proto) == (0x7F000001, 80, 6)
    assert bytes(key)[:4] == bytes([127, 0, 0, 1])
    flows[key] = record
    assert flows[bytes(key)] == record
    assert {hash(key): 1}[hash(key)] == 1
    assert flows == {key: record}


def test_it_is_a_mutable_mapping(numbers: bpf.Map) -> None:
    assert isinstance(numbers, MutableMapping)
    assert not numbers
    numbers[1] = -1
    numbers.update([(2, -2)])
    assert numbers
    assert (len(numbers), sorted(numbers), numbers[2]) == (2, [1, 2], -2)
    assert (numbers.get(3), numbers.get(3, 9), numbers.setdefault(3, -3)) == (None, 9, -3)
    assert (3, -3) in numbers.items()
    assert -3 in numbers.values()
    assert 3 in numbers.keys()  # noqa: SIM118 - the view is what is asked
    assert 4 not in numbers
    assert dict(numbers.items()) == {1: -1, 2: -2, 3: -3}
    assert (numbers.pop(3), numbers.pop(3, None)) == (-3, None)
    del numbers[2]
    assert numbers.popitem() == (1, -1)
    assert list(numbers) == []


@pytest.mark.parametrize("call", [lambda m: m[7], lambda m: m.pop(7), lambda m: m.__delitem__(7)])
def test_a_missing_key_is_a_key_error(numbers: bpf.Map, call: Any) -> None:
    with pytest.raises(KeyError, match="7"):
        call(numbers)


def test_insert_and_replace(numbers: bpf.Map) -> None:
    numbers.insert(1, 1)
    with pytest.raises(BpfError, match="EEXIST") as refused:
        numbers.insert(1, 2)
    assert refused.value.errno == errno.EEXIST
    numbers.replace(1, 3)
    assert numbers[1] == 3
    with pytest.raises(KeyError):
        numbers.replace(2, 1)


@pytest.mark.parametrize("key", [-1, 1 << 32, "x", 1.5, None])
def test_keys_are_range_checked(numbers: bpf.Map, key: object) -> None:
    with pytest.raises(UsageError):
        numbers[key] = 0
    with pytest.raises(UsageError):
        numbers[0] = 1 << 63 if key != 1.5 else key


def test_a_wrong_field_is_named(flows: bpf.Map) -> None:
    with pytest.raises(LayoutError, match="did you mean src"):
        flows[{"srcs": 1}]
    with pytest.raises(UsageError, match=r"key of flows: .*\(src, port, proto\).*; 2 values given"):
        flows[(1, 2)]


def test_a_full_table_says_so(numbers: bpf.Map) -> None:
    numbers.update({n: n for n in range(10000)})
    with pytest.raises(BpfError, match=r"E2BIG: it is full .max_entries 10000"):
        numbers[10000] = 1
    with pytest.raises(BpfError, match="it is full"):
        numbers.update({10001: 1})
    assert sum(numbers.values()) == sum(range(10000))


def test_update_checks_all_before_it_sets_any(numbers: bpf.Map) -> None:
    with pytest.raises(UsageError):
        numbers.update({1: 1, 2: "x"})
    assert not numbers


def test_enums_bools_text_and_unions(hashes: bpf.Object) -> None:
    protocols, names = hashes.maps["protocols"], hashes.maps["names"]
    protocols["PROTO_TCP"] = True
    ((key, value),) = protocols.items()
    assert (key.name, key, value) == ("PROTO_TCP", 6, True)
    names["eth0"] = {"text": "up"}
    assert {name: one.text for name, one in names.items()} == {"eth0": "up"}
    with pytest.raises(UsageError, match="holds a union"):
        names["eth0"] = (1, "up")


def test_what_has_no_type_is_bytes(hashes: bpf.Object) -> None:
    untyped = hashes.maps["untyped"]
    untyped[b"123456"] = b"abc"
    assert dict(untyped) == {b"123456": b"abc"}
    assert (untyped.key, untyped.value) == (None, None)
    for key in ("x", b"x", 1):
        with pytest.raises(UsageError):
            untyped[key]


@pytest.mark.parametrize("name", ["cpu_hash", "cpu_lru"])
def test_a_value_of_each_cpu(hashes: bpf.Object, name: str) -> None:
    table = hashes.maps[name]
    one: Any = 7 if name == "cpu_hash" else {"first_ns": 7, "last_ns": 8}
    table[1] = [one] * CPUS
    table.update({2: (one,) * CPUS})
    assert len(table[1]) == CPUS
    assert table[1] == table[2]
    assert [getattr(value, "first_ns", value) for value in table.pop(1)] == [7] * CPUS
    assert list(table) == [2]
    for wrong in (one, [one] * (CPUS + 1), []):
        with pytest.raises(UsageError, match=f"list of {CPUS}, one for each possible CPU"):
            table[1] = wrong


def test_arrays(arrays: bpf.Object) -> None:
    pairs = arrays.maps["pairs"]
    pairs[2] = (7, 8)
    assert (len(pairs), list(pairs), pairs[2].y) == (5, [0, 1, 2, 3, 4], 8)
    assert 4 in pairs
    assert 5 not in pairs
    with pytest.raises(KeyError):
        pairs[5]
    with pytest.raises(BpfError, match="it has 5 elements"):
        pairs[5] = (1, 1)
    for call in (lambda: pairs.pop(1), lambda: pairs.__delitem__(1), pairs.clear):
        with pytest.raises(UsageError, match="its elements are always there"):
            call()


def test_array_indexes_need_no_type(arrays: bpf.Object) -> None:
    bare = arrays.maps["bare"]
    bare[1] = b"12345678"
    assert bare[1] == b"12345678"
    assert list(bare) == [0, 1, 2]
    with pytest.raises(UsageError):
        bare[-1]


def test_per_cpu_array_and_memory(arrays: bpf.Object) -> None:
    per_cpu, mapped = arrays.maps["cpu_array"], arrays.maps["mapped"]
    per_cpu[1] = list(range(CPUS))
    assert dict(per_cpu) == {0: [0] * CPUS, 1: list(range(CPUS)), 2: [0] * CPUS}
    with mapped.mmap() as memory:
        mapped[1] = 5
        assert memory[8:16] == (5).to_bytes(8, sys.byteorder)


def test_info(hashes: bpf.Object) -> None:
    info = hashes.maps["flows"].info
    assert (info.type, info.name, info.key_size, info.value_size) == ("hash", "flows", 8, 32)
    assert (info.max_entries, info.flags) == (1024, 0)
    assert info.id > 0
    assert info.btf_id > 0


def test_a_frozen_map_refuses() -> None:
    with loaded("hashes") as obj:
        numbers = obj.maps["numbers"]
        numbers[1] = 1
        numbers.freeze()
        for call in (lambda: numbers.__setitem__(1, 2), numbers.clear, lambda: numbers.pop(1)):
            with pytest.raises(NotPermitted, match="it is frozen"):
                call()
        assert numbers[1] == 1


def test_after_close() -> None:
    with loaded("hashes") as obj:
        numbers = obj.maps["numbers"]
        numbers[1] = 1
    for call in (lambda: numbers[1], lambda: list(numbers), lambda: numbers.update({1: 1})):
        with pytest.raises(LifecycleError, match="it is closed"):
            call()
