"""The BTF reader, held against bpftool and against damage."""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING, Any

import pytest

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.btf.reader import Btf
from pyicmp.errors import ObjectError

if TYPE_CHECKING:
    from pathlib import Path
from tests.unit import bpf_objects as objects

# bpftool 7 prints 32-bit values above 2**31 as 64-bit ones
ENUM_BITS = {"enum": (1 << 32) - 1, "enum64": (1 << 64) - 1}


def blob(
    types: bytes, strings: bytes = b"\0", order: str = "<", layout: bytes | None = None
) -> bytes:
    """Return BTF made of these parts."""
    size = 24 if layout is None else 32
    header = struct.pack(
        f"{order}HBBIIIII", 0xEB9F, 1, 0, size, 0, len(types), len(types), len(strings)
    )
    if layout is not None:
        header += struct.pack(f"{order}II", len(types) + len(strings), len(layout))
    return header + types + strings + (layout or b"")


def entry(kind: int, third: int, *words: int, name: int = 0, vlen: int = 0, flag: int = 0) -> bytes:
    """Return one little-endian type."""
    info = flag << 31 | kind << 24 | vlen
    return struct.pack(f"<{3 + len(words)}I", name, info, third, *words)


def seen(found: kinds.Type) -> dict[str, object]:
    """Return a type in the words of bpftool's JSON, as far as they are compared."""
    if isinstance(found, kinds.Struct):
        members = [
            (m.name or "(anon)", m.type_id, m.bit_offset, m.bitfield_size) for m in found.members
        ]
        return {"size": found.size, "members": members}
    if isinstance(found, kinds.Enum):
        values = {name: value & ENUM_BITS[found.kind] for name, value in found.values.items()}
        return {"size": found.size, "values": values, "encoding": found.signed}
    if isinstance(found, kinds.Array):
        return {"type_id": found.elem_id, "nr_elems": found.nelems}
    if isinstance(found, kinds.Datasec):
        return {"vars": [(v.type_id, v.offset, v.size) for v in found.secinfos]}
    if isinstance(found, kinds.FuncProto):
        return {"ret_type_id": found.return_id, "params": [p.type_id for p in found.params]}
    if isinstance(found, kinds.Int):
        return {"size": found.size, "nr_bits": found.bits, "bits_offset": found.offset}
    if isinstance(found, kinds.Reference):
        return {"type_id": found.type_id}
    return {}


def told(dump: dict[str, Any]) -> dict[str, object]:
    """Return bpftool's own account in the same form."""
    keys = ("size", "type_id", "nr_elems", "ret_type_id", "nr_bits", "bits_offset")
    out = {key: dump[key] for key in keys if key in dump}
    if "members" in dump:
        out["members"] = [
            (m["name"], m["type_id"], m["bits_offset"], m.get("bitfield_size", 0))
            for m in dump["members"]
        ]
    if "values" in dump:
        bits = ENUM_BITS[dump["kind"].lower()]
        out["values"] = {v["name"]: v["val"] & bits for v in dump["values"]}
        out["encoding"] = dump["encoding"] == "SIGNED"
    if "vars" in dump:
        out["vars"] = [(v["type_id"], v["offset"], v["size"]) for v in dump["vars"]]
    if "params" in dump:
        out["params"] = [p["type_id"] for p in dump["params"]]
    return out


def assert_same(btf: Btf, dump: list[dict[str, Any]]) -> None:
    """Hold each type against bpftool's account of it."""
    assert len(dump) == len(btf)
    for mine, theirs in zip(btf, dump, strict=True):
        assert theirs["id"] == mine.id
        assert (theirs["name"] if theirs.get("name") != "(anon)" else "") == mine.name
        assert theirs["kind"].lower().replace("_", "") == mine.kind.replace("_", "")
        want, got = told(theirs), seen(mine)
        assert {key: want.get(key, got[key]) for key in got} == got, mine


@pytest.mark.parametrize("name", objects.NAMES)
def test_objects_equal_bpftool(name: str) -> None:
    """Every type of the test objects is what bpftool says."""
    assert_same(objects.spec(name).btf, objects.bpftool_dump(objects.path(name)))


@pytest.mark.parametrize("name", objects.NAMES)
def test_big_endian_objects_equal_bpftool(name: str) -> None:
    """The same for the other byte order."""
    assert objects.big(name).btf.endian == "big"
    assert_same(objects.big(name).btf, objects.bpftool_dump(objects.raw_path(name, "bpfeb")))


@pytest.mark.parametrize("source", objects.kernels())
def test_kernels_equal_bpftool(source: Path) -> None:
    """Every type of whole kernels is what bpftool says."""
    btf = objects.kernel_btf(source)
    assert btf.unknown_kind is None
    assert_same(btf, objects.bpftool_dump(objects.kernel_btf_path(source)))


@pytest.mark.parametrize("source", objects.kernels())
def test_kernel_opens_fast(source: Path) -> None:
    """A kernel's BTF is indexed, and one struct found, in well under 1.5 s."""
    data = objects.kernel_btf_path(source).read_bytes()
    start = time.process_time()
    assert Btf(data).find("sk_buff", kinds.Struct)
    assert time.process_time() - start < 1.5


def test_find() -> None:
    """Names lead to types, by kind where asked, and to nothing where there is none."""
    btf = objects.spec("types").btf
    assert objects.found(btf, "plain", kinds.Struct).size == 40
    assert isinstance(btf.find("plain"), kinds.Struct)
    assert isinstance(btf.find("plain", kinds.Var), kinds.Var)
    assert {type(one) for one in btf.find_all("plain")} == {kinds.Struct, kinds.Var}
    assert btf.find("lain") is None
    assert btf.find("") is None
    assert btf.find("plain", kinds.Float) is None
    assert "verdict" in btf.names(kinds.Enum)
    assert "plain" not in btf.names(kinds.Enum)


def test_enums() -> None:
    """Signed, unsigned, 64-bit and one-byte enums keep their numbers."""
    btf = objects.spec("types").btf
    assert objects.found(btf, "signed_enum", kinds.Enum).values == {"MINUS_ONE": -1, "PLUS_ONE": 1}
    assert objects.found(btf, "big_enum", kinds.Enum64).values["BIG_TOP"] == 0xFFFFFFFF00000001
    assert objects.found(btf, "tiny_enum", kinds.Enum).size == 1


def test_split_btf() -> None:
    """A module's BTF refers to types and strings of the kernel's."""
    strings = b"\0long\0int\0"
    base = Btf(blob(entry(1, 4, 32 | 1 << 24, name=6), strings))
    module = Btf(blob(entry(8, 1, name=6) + entry(2, 2, name=10), b"\0mine\0"[1:]), base)
    assert module.type(1).name == "int"
    assert module.type(2).name == "int"
    assert module.type(3).name == "mine"
    assert module.sizeof(2) == 4
    assert isinstance(module.find("int"), kinds.Typedef)
    assert [one.id for one in module] == [2, 3]
    assert module.find("absent") is None


def test_unknown_kind_ends_the_index() -> None:
    """A newer kind hides what follows it, and is named."""
    btf = Btf(blob(entry(2, 0) + entry(21, 0) + entry(2, 0)))
    assert btf.unknown_kind == 21
    assert len(btf) == 1
    with pytest.raises(ObjectError, match=r"\.BTF.*type id 2.*kind 21"):
        btf.type(2)


def test_unknown_kind_with_layout_section() -> None:
    """With the layout section the size of a newer kind is known."""
    layout = bytes(4 * 20) + bytes([4, 8, 0, 0]) + bytes([4, 8, 0, 0])
    btf = Btf(blob(entry(21, 0, 0, 1, 2, 3, 4, vlen=2) + entry(16, 4), layout=layout))
    assert btf.unknown_kind is None
    newer = btf.type(1)
    assert isinstance(newer, kinds.Unknown)
    assert newer.number == 21
    assert isinstance(btf.type(2), kinds.Float)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "magic"),
        (b"\x9f\xeb", "header"),
        (blob(b"")[:20], "header"),
        (blob(b"", b"x"), "NUL"),
        (blob(b"\0\0"), "aligned"),
        (blob(entry(4, 4, vlen=3)), "outside"),
        (blob(entry(1, 4)), "outside"),
        (blob(entry(2, 0) + b"\0\0\0\0"), "outside"),
        (blob(b"", layout=b"xxxx")[:-2], "layout"),
    ],
)
def test_damaged(data: bytes, what: str) -> None:
    """Damage is an ObjectError that names the section."""
    with pytest.raises(ObjectError, match=rf"\.BTF.*{what}"):
        Btf(data)


def test_damaged_types_are_found_when_touched() -> None:
    """Ids and names that lead outside are found when they are followed."""
    btf = Btf(blob(entry(2, 9) + entry(2, 0, name=77) + entry(14, 1, 9) + entry(12, 1, vlen=9)))
    with pytest.raises(ObjectError, match=r"\.BTF: type id 9"):
        btf.type(9)
    with pytest.raises(ObjectError, match=r"\.BTF: string offset 77"):
        btf.type(2)
    for type_id in (3, 4):
        with pytest.raises(ObjectError, match=r"\.BTF: linkage 9"):
            btf.type(type_id)
    with pytest.raises(ObjectError, match=r"\.BTF: type id -1"):
        btf.type(-1)


def test_circles_end() -> None:
    """Typedefs and arrays that lead to themselves are errors, not loops."""
    btf = Btf(blob(entry(8, 2) + entry(8, 1) + entry(3, 0, 3, 3, 1)))
    for ask in (lambda: btf.resolve(1), lambda: btf.sizeof(3), lambda: btf.sizeof(0)):
        with pytest.raises(ObjectError, match=r"\.BTF"):
            ask()


def test_truncation_at_every_length() -> None:
    """No length but the whole is BTF."""
    raw = objects.spec("maps").btf.raw
    for length in range(len(raw)):
        with pytest.raises(ObjectError, match=r"\.BTF"):
            Btf(raw[:length])
