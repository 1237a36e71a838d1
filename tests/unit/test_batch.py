"""Batches: the same records as records, tuples, arrays and bytes; types told apart; inference."""

from __future__ import annotations

import sys
from array import array
from typing import Any

import pytest

from pyicmp.bpf.batch import Batch
from pyicmp.bpf.btf.dtype import dtype_of
from pyicmp.bpf.btf.layout import Layout
from pyicmp.bpf.infer import infer_record
from pyicmp.bpf.records import ByField, RecordTypes
from pyicmp.errors import LayoutError, NotSupported
from tests.unit import bpf_objects as objects


def batch_of(layout: Layout, *values: dict[str, Any]) -> Batch:
    return Batch.of([layout.pack(one) for one in values], RecordTypes(record=layout))


def layout(name: str, end: objects.End = objects.spec) -> Layout:
    return end("types").layout(name)


@pytest.fixture
def plain() -> Batch:
    return batch_of(layout("plain"), *({"pid": pid, "comm": f"p{pid}"} for pid in range(3)))


def test_each_form_has_the_same_records(plain: Batch) -> None:
    assert [(one.pid, one.comm) for one in plain] == [(0, "p0"), (1, "p1"), (2, "p2")]
    assert list(plain.tuples("comm", "pid")) == [(b"p0", 0), (b"p1", 1), (b"p2", 2)]
    assert plain.numpy()["pid"].tolist() == [0, 1, 2]
    assert b"".join(plain.raw()) == plain.data
    assert (len(plain), plain.count, plain.size, plain.lost) == (3, 3, 40, 0)
    assert plain.sizes.tolist() == [40] * 3
    assert repr(plain) == "<Batch of 3 plain, 120 bytes>"


def test_in_the_order_of_a_field() -> None:
    mixed = batch_of(layout("plain"), *({"pid": pid, "comm": f"p{pid}"} for pid in (2, 0, 1)))
    in_order = mixed.ordered("pid")
    assert list(in_order.tuples("pid", "comm")) == [(0, b"p0"), (1, b"p1"), (2, b"p2")]
    assert in_order.ordered("pid") is in_order


def test_an_array_is_a_view_that_cannot_be_written(plain: Batch) -> None:
    view = plain.numpy()
    assert not view.flags.writeable
    assert not view.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        view["pid"][0] = 1


def test_an_empty_batch() -> None:
    empty = Batch(b"", 0, types=RecordTypes(record=layout("plain")))
    assert not empty
    assert [*empty, *empty.tuples("pid"), *empty.raw()] == []
    assert empty.numpy().shape == (0,)
    assert (empty.numpy().dtype.names or ())[:2] == ("time_ns", "pid")
    assert empty.sizes.tolist() == []


@pytest.mark.parametrize("end", objects.ENDS)
@pytest.mark.parametrize("name", ["plain", "packed", "holed", "wire", "enums", "arrays", "bits"])
def test_a_dtype_stands_where_the_layout_does(name: str, end: objects.End) -> None:
    here = layout(name, end)
    dtype = dtype_of(here)
    assert dtype.itemsize == here.size
    for field in here.fields:
        if field.bit_size:
            assert field.name not in dtype.names
        else:
            assert dtype.fields[field.name][1] == field.offset
            assert dtype.fields[field.name][0].itemsize == field.size


@pytest.mark.parametrize("end", objects.ENDS)
def test_arrays_hold_what_records_do(end: objects.End) -> None:
    wire = batch_of(layout("wire", end), {"sport": 443, "ports": (1, 2, 3), "v6": bytes(range(16))})
    row = wire.numpy()[0]
    assert (row["sport"], row["ports"].tolist()) == (443, [1, 2, 3])
    assert row["v6"].tobytes() == bytes(range(16))
    enums = batch_of(layout("enums", end), {"verdict": 7, "sign": -1, "big": 1 << 63})
    assert enums.numpy()[["verdict", "sign", "big"]].tolist() == [(7, -1, 1 << 63)]
    nested = {"numbers": (1, 2, 3, 4), "grid": ((1, 2, 3), (4, 5, 6)), "names": ("ab", "c")}
    arrays = batch_of(layout("arrays", end), {**nested, "pairs": [{"x": n} for n in (7, 8, 9)]})
    row = arrays.numpy()[0]
    assert row["grid"].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert row["names"].tolist() == [b"ab", b"c"]
    assert row["pairs"]["x"].tolist() == [7, 8, 9]
    others = batch_of(layout("others", end), {"both": 0.5, "pointer": 9, "either": {"whole": 5}})
    row = others.numpy()[0]
    assert (row["both"], row["pointer"], row["either"]["whole"]) == (0.5, 9, 5)


def test_without_numpy(plain: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(NotSupported, match=r"pip install pyicmp\[numpy\]"):
        plain.numpy()


def test_without_a_type() -> None:
    batch = Batch.of([b"ab", b"c", b""])
    assert [bytes(one) for one in batch] == [b"ab", b"c", b""]
    assert (batch.size, batch.sizes.tolist(), batch.layout) == (0, [2, 1, 0], None)
    for call in (batch.numpy, lambda: next(batch.tuples("pid"))):
        with pytest.raises(LayoutError, match="no single type"):
            call()


def test_longer_records_end_in_what_the_type_does_not_know() -> None:
    pair = layout("pair")
    batch = Batch.of([pair.pack(x=n) + bytes(4) for n in range(3)], RecordTypes(record=pair))
    assert [one.x for one in batch] == [0, 1, 2] == batch.numpy()["x"].tolist()
    assert list(batch.tuples("x")) == [(0,), (1,), (2,)]
    ragged = Batch.of([pair.pack(x=1), pair.pack(x=2) + b"tail"], RecordTypes(record=pair))
    assert [one.x for one in ragged] == [1, 2]
    with pytest.raises(LayoutError, match="differ in size"):
        ragged.numpy()


def test_shorter_records_are_an_error() -> None:
    batch = Batch.of([b"ab"], RecordTypes(record=layout("pair")))
    for call in (lambda: list(batch), lambda: list(batch.tuples("x")), batch.numpy):
        with pytest.raises(LayoutError, match="'pair' takes 4 bytes"):
            call()


def test_types_by_a_function_and_by_a_field() -> None:
    ring = objects.spec("ring")
    plain, longer = ring.layout("plain"), ring.layout("longer")
    raw = [
        plain.pack(number=1, kind=1),
        longer.pack(number=2, kind=2),
        plain.pack(number=3, kind=1),
    ]
    by_size = RecordTypes(ring.layout, lambda one: "plain" if len(one) == 32 else "longer")
    by_name = ByField("plain", "kind", {"KIND_PLAIN": "plain", 2: "longer"})
    for types in (by_size, RecordTypes(ring.layout, by_name)):
        batch = Batch.of(raw, types)
        assert [type(one).__name__ for one in batch] == ["plain", "longer", "plain"]
        assert batch.only("plain").numpy()["number"].tolist() == [1, 3]
        assert [one.squares[0] for one in batch.only("longer")] == [0]


def test_types_that_are_not_known() -> None:
    ring = objects.spec("ring")
    with pytest.raises(LayoutError, match="kind is never KIND_X; it has KIND_PLAIN, KIND_LONG"):
        RecordTypes(ring.layout, ByField("plain", "kind", {"KIND_X": "plain"}))
    types = RecordTypes(ring.layout, ByField("plain", "kind", {1: "plain"}))
    with pytest.raises(LayoutError, match="no type of record is known for kind 9"):
        list(Batch.of([ring.layout("plain").pack({"kind": 9})], types))


def test_a_rules_exception_reaches_the_loop() -> None:
    def rule(_: memoryview) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(Batch.of([b"a"], RecordTypes(objects.spec("ring").layout, rule)))


def test_inference_takes_what_leaves_no_doubt() -> None:
    assert infer_record(objects.spec("perf").btf) == "sample"
    assert infer_record(objects.spec("ring").btf) is None  # two rings
    assert infer_record(objects.spec("types").btf) is None  # no ring
    assert infer_record(objects.spec("maps").btf) is None  # its structs are keys and values


def test_sizes_are_what_was_given() -> None:
    sizes = array("I", [1, 2]).tobytes()
    assert [bytes(one) for one in Batch(b"abb", 2, sizes=sizes).raw()] == [b"a", b"bb"]
