"""What is a BPF object and what is not."""

from __future__ import annotations

import struct
import sys

import pytest

from pyicmp.bpf.source import OBJECT_SIZE_MAX
from pyicmp.bpf.spec.elf import ElfObject
from pyicmp.errors import ObjectError
from tests.unit import bpf_objects as objects


def patched(data: bytes, offset: int, code: str, value: int) -> bytes:
    """Return *data* with one number replaced."""
    out = bytearray(data)
    struct.pack_into(f"<{code}", out, offset, value)
    return bytes(out)


def section_header(data: bytes, index: int) -> int:
    """Return where the header of section *index* stands."""
    return int.from_bytes(data[40:48], "little") + 64 * index


@pytest.fixture(scope="module")
def data() -> bytes:
    """A sound object."""
    return objects.path("maps").read_bytes()


def test_sections_and_symbols(data: bytes) -> None:
    """Sections, symbols, licence and BTF are there."""
    elf = ElfObject.from_bytes(data)
    assert elf.endian == "little"
    assert elf.license == "GPL"
    executable = {one.name for one in elf.sections if one.executable and one.size}
    assert executable == {"socket"}
    assert elf.section("absent") is None
    assert (elf.btf or b"").startswith(b"\x9f\xeb")
    assert (elf.btf_ext or b"").startswith(b"\x9f\xeb")
    flows = next(one for one in elf.symbols if one.name == "flows")
    assert (flows.type, flows.binding) == ("OBJECT", "GLOBAL")
    assert elf.sections[flows.section or 0].name == ".maps"


def test_relocations(data: bytes) -> None:
    """The program's map reference is a relocation to the map's symbol."""
    elf = ElfObject.from_bytes(data)
    names = {
        one.name: [elf.symbols[relocation.symbol].name for relocation in elf.relocations(one)]
        for one in elf.sections
    }
    assert names["socket"] == ["flows"]
    assert names["license"] == []


def test_big_endian_is_read() -> None:
    """An object for the other byte order can be looked into."""
    elf = ElfObject.from_bytes(objects.raw_path("maps", "bpfeb").read_bytes())
    assert elf.endian == "big"
    assert elf.license == "GPL"
    assert (elf.btf or b"").startswith(b"\xeb\x9f")


@pytest.mark.parametrize("name", objects.NAMES)
@pytest.mark.parametrize("kind", ["finished", "raw", "big"])
def test_truncation_at_every_length(name: str, kind: str) -> None:
    """No part of an object from its start is an object."""
    file = {
        "finished": lambda: objects.path(name),
        "raw": lambda: objects.raw_path(name),
        "big": lambda: objects.raw_path(name, "bpfeb"),
    }[kind]()
    data = file.read_bytes()
    ElfObject.from_bytes(data)
    for length in range(len(data)):
        with pytest.raises(ObjectError):
            ElfObject.from_bytes(data[:length])


def test_other_files() -> None:
    """What is no BPF object is named for what it is."""
    for data, what in (
        (b"", "it is empty"),
        (b"#!/bin/sh\n", "it is no ELF file"),
        (b"\x7fELF", "cut off after 4 bytes"),
        (bytes(OBJECT_SIZE_MAX + 1), "more than the 64 MiB"),
    ):
        with pytest.raises(ObjectError, match=what):
            ElfObject.from_bytes(data)


@pytest.mark.skipif(sys.platform != "linux", reason="needs an ELF program")
def test_program_of_this_machine() -> None:
    """Python itself is refused by the name of its machine."""
    with open(sys.executable, "rb") as file, pytest.raises(ObjectError, match="program, not BPF"):
        ElfObject.from_bytes(file.read())


@pytest.mark.parametrize(
    ("offset", "code", "value", "what"),
    [
        (4, "B", 1, "32-bit"),
        (4, "B", 9, "class"),
        (5, "B", 9, "byte order"),
        (6, "B", 9, "byte order or version"),
        (16, "H", 3, "a shared object"),
        (18, "H", 62, "x86-64 object, not BPF"),
        (18, "H", 4242, "machine 4242"),
        (40, "Q", 0, "no sections"),
        (40, "Q", 1 << 63, "cut off or damaged"),
        (58, "H", 63, "cut off or damaged"),
        (60, "H", 0, "no sections"),
        (62, "H", 0, "table of section names"),
        (62, "H", 0xFFFF, "table of section names"),
    ],
)
def test_damaged_header(data: bytes, offset: int, code: str, value: int, what: str) -> None:
    """Each field of the header is checked."""
    with pytest.raises(ObjectError, match=what):
        ElfObject.from_bytes(patched(data, offset, code, value))


@pytest.mark.parametrize(
    ("kind", "offset", "code", "value", "what"),
    [
        (2, 4, "I", 5, "of type 0x5"),
        (2, 4, "I", 1, "names no symbol table|no symbol table"),
        (2, 8, "Q", 0x800, "compressed"),
        (2, 24, "Q", 1 << 62, "cut off or damaged"),
        (2, 32, "Q", 23, "entries of 24 bytes|cut off|has entries"),
        (2, 40, "I", 0, "names no string table"),
        (2, 56, "Q", 0, "entries of 0 bytes"),
        (9, 44, "I", 999, "relocates section 999"),
        (9, 40, "I", 0, "names no symbol table"),
    ],
)
def test_damaged_section(
    data: bytes, kind: int, offset: int, code: str, value: int, what: str
) -> None:
    """Each field of a section header is checked."""
    count = struct.unpack_from("<H", data, 60)[0]
    headers = [section_header(data, index) for index in range(count)]
    where = next(at for at in headers if struct.unpack_from("<I", data, at + 4)[0] == kind)
    with pytest.raises(ObjectError, match=what):
        ElfObject.from_bytes(patched(data, where + offset, code, value))
