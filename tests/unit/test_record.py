"""Records: named attributes over bytes."""

from __future__ import annotations

import pytest

from pyicmp.bpf.btf.layout import Layout
from pyicmp.bpf.btf.record import Record, reader, record_type
from pyicmp.errors import LayoutError
from tests.unit import bpf_objects as objects


@pytest.mark.parametrize("end", objects.ENDS)
def test_attributes(end: objects.End) -> None:
    """Attributes are converted values: text as str, numbers in host order, enums."""
    plain = end("types").layout("plain")
    record = record_type(plain)(plain.pack(pid=7, comm=b"a\xff\0junk", seen=1, delta=-1))
    assert (record.pid, record.comm, record.seen, record.delta) == (7, "a\\xff", True, -1)
    wire = end("types").layout("wire")
    record = record_type(wire)(wire.pack(sport=443, ports=(1, 2, 3)))
    assert (record.sport, record.ports, record.v6) == (443, (1, 2, 3), bytes(16))


@pytest.mark.parametrize("end", objects.ENDS)
def test_enums_and_bitfields(end: objects.End) -> None:
    """Known enum numbers are members, others plain numbers; bitfields have their bits."""
    enums = end("types").layout("enums")
    record = record_type(enums)(enums.pack(verdict=7, list=("VERDICT_PASS", 99), sign=-1))
    assert record.verdict.name == "VERDICT_DROP"
    assert [str(getattr(one, "name", one)) for one in record.list] == ["VERDICT_PASS", "99"]
    assert record.sign == -1
    bits = end("types").layout("bits")
    record = record_type(bits)(bits.pack(c=99, d=-5, e=1 << 39, g=127))
    assert (record.a, record.c, record.d, record.e, record.g) == (0, 99, -5, 1 << 39, 127)


@pytest.mark.parametrize("end", objects.ENDS)
def test_nesting(end: objects.End) -> None:
    """Nested structs are records, arrays of them tuples; all of it as dictionaries."""
    holed = end("types").layout("holed")
    record = record_type(holed)(holed.pack(a=1, inner={"x": 2, "y": 3}))
    assert (record.inner.x, record.inner.y) == (2, 3)
    assert record._asdict() == {"a": 1, "b": 0, "c": 0, "inner": {"x": 2, "y": 3}}
    arrays = end("types").layout("arrays")
    raw = arrays.pack(
        pairs=[{"x": 1}, {"x": 2}, {"y": 3}], grid=((1, 2, 3), (4, 5, 6)), names=("a", "b")
    )
    record = record_type(arrays)(raw)
    assert [pair.x for pair in record.pairs] == [1, 2, 0]
    assert record.grid == ((1, 2, 3), (4, 5, 6))
    assert record.names == ("a", "b")
    assert record._asdict()["pairs"][2] == {"x": 0, "y": 3}
    assert arrays.pack(record) == raw
    others = end("types").layout("others")
    record = record_type(others)(others.pack(huge=-7, both=0.5, either={"whole": 1}))
    assert (record.huge, record.both, record.either.whole) == (-7, 0.5, 1)


def test_equality_and_text() -> None:
    """Records are equal by value: padding does not count."""
    plain = objects.spec("types").layout("plain")
    plain_type = record_type(plain)
    raw = plain.pack(pid=1, comm="x")
    same, other = plain_type(raw[:-1] + b"\xff"), plain_type(b"\0" + raw, 1)
    assert same == other
    assert hash(same) == hash(other)
    assert same != plain_type(plain.pack(pid=2))
    assert same != 5
    assert repr(same).startswith("plain(time_ns=0, pid=1, delta=0,")
    assert bytes(other) == raw
    assert issubclass(plain_type, Record)
    assert plain_type.__name__ == "plain"


def test_errors() -> None:
    """Short buffers, absent fields, no assignment."""
    plain = objects.spec("types").layout("plain")
    plain_type = record_type(plain)
    for data, offset in ((bytes(39), 0), (bytes(40), 1), (bytes(40), -1)):
        with pytest.raises(LayoutError, match="'plain' takes 40 bytes"):
            plain_type(data, offset)
    record = plain_type(bytes(40))
    with pytest.raises(AttributeError):
        record.absent  # noqa: B018
    with pytest.raises(AttributeError):
        setattr(record, "pid", 5)  # noqa: B010
    with pytest.raises(LayoutError, match="no field 'absent'"):
        record["absent"]
    assert record["pid"] == 0


def test_live_buffer() -> None:
    """A record over a bytearray shows what is written there later."""
    plain = objects.spec("types").layout("plain")
    buffer = bytearray(40)
    record = record_type(plain)(buffer)
    buffer[8] = 5
    assert record.pid == 5


def test_reader_of_any_type() -> None:
    """A reader takes any type as a whole."""
    btf = objects.spec("types").btf
    assert reader(Layout.of(btf, "__s32").value)(b"\0\xff\xff\xff\xff", 1) == -1
    assert reader(Layout.of(btf, "pair").value)(b"\1\0\2\0", 0).y == 2
