"""Layouts, unpacking and packing, on little- and big-endian objects and on whole kernels."""

from __future__ import annotations

import enum
import ipaddress
import random
import struct
import time
from typing import TYPE_CHECKING, Any

import pytest

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.btf.layout import Layout
from pyicmp.bpf.btf.reader import Btf
from pyicmp.errors import LayoutError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
from tests.unit import bpf_objects as objects

STRUCTS = (
    "plain", "bits", "packed_bits", "packed", "holed", "anonymous", "wire", "enums", "arrays",
    "others", "top", "pair",
)  # fmt: skip
SIZES = {"plain": 40, "packed": 15, "holed": 32, "wire": 48, "arrays": 96, "top": 12}


def layout(name: str) -> Layout:
    """Return a layout of the types object."""
    return objects.spec("types").layout(name)


def promoted(
    dump: dict[int, dict[str, Any]], type_id: int, base: int = 0
) -> list[tuple[str, int, int]]:
    """Return (name, bit, bits) of a struct's fields, by bpftool's account."""
    while dump[type_id]["kind"] in ("TYPEDEF", "CONST", "VOLATILE", "TYPE_TAG"):
        type_id = dump[type_id]["type_id"]
    out = []
    for member in dump[type_id].get("members", ()):
        at, bits = base + member["bits_offset"], member.get("bitfield_size", 0)
        if member["name"] != "(anon)":
            out.append((member["name"], at, bits))
        elif not bits:
            out += promoted(dump, member["type_id"], at)
    return out


def assert_layouts(btf: Btf, dump: list[dict[str, Any]]) -> int:
    """Hold the layout of each struct and union against bpftool; return how many there are."""
    by_id, count = {one["id"]: one for one in dump}, 0
    for one in dump:
        if one["kind"] in ("STRUCT", "UNION"):
            mine = Layout.of(btf, one["id"])
            assert one["size"] == mine.size
            got = [(f.name, f.bit_offset, f.bit_size) for f in mine.fields]
            assert promoted(by_id, one["id"]) == got, mine
            assert struct.calcsize(mine.format) == mine.size
            count += 1
    return count


@pytest.mark.parametrize("name", objects.NAMES)
def test_objects_equal_bpftool(name: str) -> None:
    """Every struct of the test objects lies as bpftool says."""
    assert assert_layouts(objects.spec(name).btf, objects.bpftool_dump(objects.path(name)))


def test_big_endian_equals_bpftool() -> None:
    """The same for the other byte order."""
    dump = objects.bpftool_dump(objects.raw_path("types", "bpfeb"))
    assert assert_layouts(objects.big("types").btf, dump) > 10


@pytest.mark.parametrize("source", objects.kernels())
def test_kernels_equal_bpftool(source: Path) -> None:
    """Every struct and union of whole kernels lies as bpftool says."""
    dump = objects.bpftool_dump(objects.kernel_btf_path(source))
    assert assert_layouts(objects.kernel_btf(source), dump) > 5000


def test_formats() -> None:
    """The struct format covers each byte once, with its order and its padding."""
    assert layout("plain").format == "<QIiHBb?16s3x"
    assert layout("packed").format == "<BIHQ"
    assert layout("holed").format == "<B7xQB3xH2xI4x"
    assert layout("anonymous").format == "<B3x16s4xB7x8s"
    assert layout("wire").format == "<HHIQHH16s3H6x"
    assert layout("arrays").format == "<4I6H6s12s16s12s2?3bx2Q"
    assert layout("top").format == "<12s"
    assert objects.big("types").layout("plain").format == ">QIiHBb?16s3x"
    for name, size in SIZES.items():
        assert size == layout(name).size


def test_holes() -> None:
    """Bytes that nothing covers are named, inside nested structs as well."""
    assert layout("plain").holes == [(37, 3)]
    assert layout("packed").holes == []
    assert layout("holed").holes == [(1, 7), (17, 3), (22, 2), (28, 4)]
    assert layout("pair").holes == [(3, 1)]
    assert (47, 1) not in layout("arrays").holes
    assert objects.spec("types").layout("plain_t").holes == [(37, 3)]


def test_fields_speak_c() -> None:
    """Fields tell their types in C's words."""
    told = {field.name: field.type for field in layout("wire").fields}
    assert told["sport"] == "__be16"
    assert told["qualified"] == "__be16"
    assert told["v6"] == "struct in6_addr"
    assert told["ports"] == "__be16[3]"
    told = {field.name: field.type for field in layout("others").fields}
    assert told["pointer"] == "void *"
    assert told["forward"] == "struct undefined *"
    assert layout("arrays").field("grid").type == "__u16[2][3]"


def test_paths() -> None:
    """A path leads into nested structs; its offset counts from the outside."""
    field = layout("holed").field("inner.y")
    assert (field.offset, field.size, field.name) == (24, 4, "inner.y")
    assert layout("anonymous").field("v6.in6_u.u6_addr32").offset == 4
    inner = layout("holed").field("inner").layout
    assert inner is not None
    assert inner.field("y").offset == 4
    assert "v4" in layout("anonymous")


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (lambda: layout("plain").field("com"), "'plain' has no field 'com'.*mean comm"),
        (lambda: layout("plain").unpacker("pid", "tpye"), "no field 'tpye'.*mean type"),
        (lambda: layout("holed").field("inner.z"), r"no field 'inner\.z'"),
        (lambda: layout("plain").field("pid.x"), "'pid' is __u32, no struct"),
        (lambda: layout("arrays").field("pairs.x"), r"'pairs' is struct pair\[3\], no struct"),
        (lambda: layout("plian"), "type 'plian' is not in the BTF.*mean plain"),
        (lambda: layout("plain").enum("verdit"), "enum 'verdit'.*mean verdict"),
        (lambda: layout("empty").unpacker(), "has no bytes"),
        (lambda: Layout.of(objects.spec("types").btf, 0), "'void' cannot be decoded"),
    ],
)
def test_what_is_missing(ask: Callable[[], object], what: str) -> None:
    """What is not there is a LayoutError that names what is near."""
    with pytest.raises(LayoutError, match=what):
        ask()


def test_enums() -> None:
    """Enums come out as IntEnum, once each, awkward names left out."""
    verdict = layout("enums").enum("verdict")
    assert issubclass(verdict, enum.IntEnum)
    assert verdict["VERDICT_DROP"] == 7
    assert verdict is layout("enums").field("verdict").enum
    assert verdict is layout("plain").enum("verdict")
    assert layout("enums").enum("big_enum")["BIG_TOP"] == 0xFFFFFFFF00000001
    assert layout("enums").enum("sign")["MINUS_ONE"] == -1
    assert {"same", "name"} >= {m.name for m in layout("enums").enum("awkward")} - {"__private"}


@pytest.mark.parametrize("end", objects.ENDS)
def test_unpack_scalars(end: objects.End) -> None:
    """Numbers, text and order of asking."""
    plain = end("types").layout("plain")
    raw = plain.pack(
        time_ns=1 << 40, pid=7, delta=-3, len=9, type=1, level=-1, seen=True, comm="ping"
    )
    unpack = plain.unpacker("comm", "delta", "pid", "seen", "level", "time_ns")
    assert unpack.one(raw) == (b"ping", -3, 7, True, -1, 1 << 40)
    assert plain.unpacker("pid").one(b"\xff" * 3 + raw, 3) == (7,)
    assert list(unpack.iter(raw * 3)) == [unpack.one(raw)] * 3
    assert list(unpack.iter(memoryview(raw * 2))) == [unpack.one(raw)] * 2
    assert plain.unpacker().one(raw) == (1 << 40, 7, -3, 9, 1, -1, True, b"ping")


@pytest.mark.parametrize("end", objects.ENDS)
def test_unpack_wire_order(end: objects.End) -> None:
    """Numbers in network order come out in the host's, whatever the object's order."""
    wire = end("types").layout("wire")
    raw = wire.pack(
        sport=1, dport=0x1234, addr=0x7F000001, cookie=5, host16=6, qualified=7, ports=(8, 9, 10)
    )
    assert raw[:8] == b"\x00\x01\x12\x34\x7f\x00\x00\x01"
    names = ("host16", "sport", "ports", "cookie", "dport", "addr", "qualified", "v6")
    want = (6, 1, (8, 9, 10), 5, 0x1234, 0x7F000001, 7, bytes(16))
    assert wire.unpacker(*names).one(raw) == want
    assert list(wire.unpacker(*names).iter(raw * 2)) == [want, want]


@pytest.mark.parametrize("end", objects.ENDS)
@pytest.mark.parametrize("name", ["bits", "packed_bits"])
def test_bitfields_against_each_other(end: objects.End, name: str) -> None:
    """Each bitfield is written and read alone, and leaves its neighbours as they were."""
    bits = end("types").layout(name)
    for field in bits.fields:
        unsigned = (1 << (field.bit_size or 8 * field.size)) - 1
        value = (
            -1
            if field.shape.signed
            else min(unsigned, 1 if field.shape.kind == "bool" else unsigned)
        )
        raw = bits.pack(**{field.name: value})
        got = dict(zip((f.name for f in bits.fields), bits.unpacker().one(raw), strict=True))
        assert got.pop(field.name) == value
        assert set(got.values()) == {0}
        assert raw.count(0) < len(raw)


def test_bitfields_known_bytes() -> None:
    """Bitfields of a little-endian object lie as gcc and clang lay them."""
    assert layout("bits").pack(a=5, b=17)[:1] == bytes([5 | 17 << 3])
    assert layout("bits").unpacker("d").one(
        b"\0\0\0\xfe" + bytes(28)[: layout("bits").size - 4]
    ) == (-1,)


@pytest.mark.parametrize("end", objects.ENDS)
def test_unpack_arrays(end: objects.End) -> None:
    """Arrays come out as tuples, nested for each dimension; bytes stay bytes."""
    arrays = end("types").layout("arrays")
    values = {
        "numbers": (1, 2, 3, 4),
        "grid": ((1, 2, 3), (4, 5, 6)),
        "mac": b"abcdef",
        "macs": (b"ABCDEF", b"GHIJKL"),
        "names": (b"eth0", b"lo"),
        "flags": (True, False),
        "small": (-1, 0, 1),
        "pointers": (1 << 63, 0),
    }
    raw = arrays.pack(**values, pairs=[{"x": 1}, {"y": 2}, b"\1\2\3\4"])
    assert dict(zip(values, arrays.unpacker(*values).one(raw), strict=True)) == values
    assert arrays.unpacker("flexible", "pairs").one(raw)[0] == ()
    assert arrays.unpacker("pairs").one(raw)[0][2] == b"\1\2\3\4"


@pytest.mark.parametrize("end", objects.ENDS)
def test_unpack_others(end: objects.End) -> None:
    """Floats, pointers, 128-bit numbers, unions."""
    others = end("types").layout("others")
    raw = others.pack(
        single=1.5,
        both=-2.25,
        pointer=1 << 63,
        huge=-5,
        uhuge=1 << 127,
        either={"raw": b"12345678"},
    )
    got = others.unpacker("single", "both", "pointer", "huge", "uhuge", "either", "either.raw").one(
        raw
    )
    assert got == (1.5, -2.25, 1 << 63, -5, 1 << 127, b"12345678", b"12345678")


def test_overlapping_fields_in_one_unpacker() -> None:
    """Members of a union can be asked for together."""
    anonymous = layout("anonymous")
    raw = anonymous.pack(v4=0x0A000001, two=1 << 33 | 3)
    got = anonymous.unpacker("v4", "low", "v6", "one", "two", "family").one(raw)
    assert got == (0x0A000001, 0x000A, b"\x0a\0\0\1" + bytes(12), 3, 1 << 33 | 3, 0)


@pytest.mark.parametrize("end", objects.ENDS)
@pytest.mark.parametrize("name", STRUCTS)
def test_unpack_then_pack(end: objects.End, name: str) -> None:
    """Random bytes survive reading and writing again, padding aside."""
    layout, source = end("types").layout(name), random.Random(name)
    fields = [f.name for f in layout.fields if f.size]
    unpack = layout.unpacker(*fields)
    for _ in range(50):
        raw = bytearray(source.randbytes(layout.size))
        for field in layout.fields:  # bytes that a value cannot stand for: bools, text beyond NUL
            if field.shape.kind in ("bool", "text", "float") and not field.bit_size:
                raw[field.offset : field.offset + field.size] = bytes(field.size)
        values = dict(zip(fields, unpack.one(raw), strict=True))
        again = layout.pack(**values)
        assert unpack.one(again) == unpack.one(raw)


def test_short_buffers() -> None:
    """A record that is cut off is said to be."""
    unpack = layout("plain").unpacker("pid")
    with pytest.raises(LayoutError, match="'plain' takes 40 bytes; 39 are left"):
        unpack.one(bytes(39))
    with pytest.raises(UsageError, match="41 bytes are no whole number of 'plain'"):
        unpack.iter(bytes(41))


@pytest.mark.parametrize(
    ("name", "values", "what"),
    [
        ("plain", {"len": 70000}, r"len: 70000 does not fit __u16 \(0\.\.65535\)"),
        ("plain", {"level": -129}, r"level: -129 does not fit __s8 \(-128\.\.127\)"),
        ("plain", {"pid": -1}, "pid: -1 does not fit __u32"),
        ("plain", {"pid": "x"}, "pid: 'x' is no number; its type is __u32"),
        ("plain", {"pid": 1.5}, "pid: 1.5 is no number"),
        ("plain", {"seen": 2}, r"seen: 2 does not fit _Bool \(0\.\.1\)"),
        ("plain", {"comm": "x" * 17}, r"comm: 17 bytes do not fit char\[16\]"),
        ("plain", {"comm": 5}, "comm: 5 does not fit"),
        ("bits", {"a": 8}, r"a: 8 does not fit __u32 \(0\.\.7\)"),
        ("bits", {"d": 64}, r"d: 64 does not fit __s32 \(-64\.\.63\)"),
        ("enums", {"verdict": "VERDICT_PAS"}, "no value of enum verdict.*mean VERDICT_PASS"),
        ("enums", {"tiny": 256}, r"\(0\.\.255\)"),
        ("arrays", {"numbers": [1]}, r"numbers: 1 given; __u32\[4\] takes 4 values"),
        ("arrays", {"numbers": 1}, "numbers: int given"),
        ("arrays", {"mac": b"1"}, "mac: 1 bytes do not fit"),
        ("others", {"single": "x"}, "single: 'x' does not fit float"),
        ("others", {"single": 1e300}, "does not fit float"),
    ],
)
def test_pack_refuses(name: str, values: dict[str, object], what: str) -> None:
    """A value that does not fit is named, with its type and range."""
    with pytest.raises(UsageError, match=what):
        layout(name).pack(**values)


def test_pack_forms() -> None:
    """Scalars, mappings, paths, enumerators by name, addresses; and a field that is missing."""
    u32 = Layout.of(objects.spec("types").btf, "__u32")
    assert u32.pack(7) == b"\7\0\0\0"
    assert u32.format == "<I"
    assert layout("pair").pack({"x": 1}, y=2) == b"\1\0\2\0"
    assert layout("pair").pack(b"\1\2\3\4") == b"\1\2\3\4"
    assert layout("enums").pack(verdict="VERDICT_DROP")[0] == 7
    assert layout("holed").pack(**{"inner.y": 5}) == layout("holed").pack(inner={"y": 5})
    one = ipaddress.ip_address("::1")
    assert layout("wire").unpacker("v6").one(layout("wire").pack(v6=one)) == (one.packed,)
    with pytest.raises(LayoutError, match="no field 'z'"):
        layout("pair").pack(z=1)
    with pytest.raises(UsageError, match="takes a mapping"):
        layout("pair").pack(5)
    with pytest.raises(UsageError, match="takes one value"):
        u32.pack()


def test_hostile_types_end() -> None:
    """Structs that hold themselves, or end outside of themselves, are errors, not loops."""

    def entry(kind: int, third: int, *words: int, vlen: int = 0) -> bytes:
        return struct.pack(f"<{3 + len(words)}I", 0, kind << 24 | vlen, third, *words)

    def of(types: bytes) -> Layout:
        header = struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(types), len(types), 3)
        return Layout.of(Btf(header + types + b"\0a\0"), 1)

    with pytest.raises(LayoutError, match="nests too deep"):
        of(entry(4, 4, 0, 1, 0, vlen=1))
    with pytest.raises(LayoutError, match="ends outside"):
        of(entry(4, 4, 1, 2, 32, vlen=1) + entry(1, 4, 32))
    with pytest.raises(LayoutError, match="within a byte"):
        of(entry(4, 4, 1, 2, 3, vlen=1) + entry(1, 4, 32))
    itself = of(entry(4, 4, 1, 1, 0, vlen=1))
    for ask in ("format", "holes"):
        with pytest.raises(LayoutError):
            getattr(itself, ask)
    assert of(entry(4, 4, 1, 2, 0, vlen=1) + entry(1, 4, 4 << 16 | 3)).fields[0].bit_size == 3


def test_layout_of_any_type() -> None:
    """A typedef, a pointer, an array have a layout of one value."""
    btf = objects.spec("types").btf
    assert Layout.of(btf, "plain_t").fields[1].name == "pid"
    pointer = Layout.of(btf, objects.found(btf, "plain_pointer", kinds.Var).type_id)
    assert (pointer.size, pointer.format) == (8, "<Q")
    assert pointer.value.type == "plain_t *"


def test_unpacking_is_fast() -> None:
    """More than 100,000 records a second, on any machine that is worth its name."""
    names = ("time_ns", "pid", "comm", "type", "len")
    unpack = layout("plain").unpacker(*names)
    data = layout("plain").pack(comm="ping") * 100_000
    start = time.process_time()
    assert sum(1 for _ in unpack.iter(data)) == 100_000
    assert time.process_time() - start < 1.0
