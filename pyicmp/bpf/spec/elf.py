"""
The bytes of an object file, checked: the one place that speaks to pyelftools.

Every extent is compared with the file before pyelftools sees it, so that damage shows as one
:class:`.ObjectError` here and as nothing else later.
"""

from __future__ import annotations

from io import BytesIO
from struct import Struct
from typing import TYPE_CHECKING

from elftools.elf.elffile import ELFFile

from pyicmp.bpf.source import OBJECT_SIZE_MAX
from pyicmp.errors import ObjectError

if TYPE_CHECKING:
    from typing import Any, NoReturn

EM_BPF = 247
HEADER = {"little": Struct("<HHIQQQIHHHHHH"), "big": Struct(">HHIQQQIHHHHHH")}
SECTION = {"little": Struct("<IIQQQQIIQQ"), "big": Struct(">IIQQQQIIQQ")}
TYPES = {1: "a relocatable object", 2: "a program", 3: "a shared object", 4: "a core dump"}
MACHINES = {
    3: "i386", 8: "MIPS", 20: "PowerPC", 21: "PowerPC64", 22: "s390x", 40: "arm", 62: "x86-64",
    183: "arm64", 243: "riscv", 258: "loongarch",
}  # fmt: skip
SHT_NULL, SHT_SYMTAB, SHT_STRTAB, SHT_RELA, SHT_NOBITS, SHT_REL = 0, 2, 3, 4, 8, 9
# null, progbits, symtab, strtab, rela, note, nobits, rel, group, symtab_shndx; then LLVM's own
KNOWN_TYPES = {0, 1, 2, 3, 4, 7, 8, 9, 17, 18}
LLVM_TYPES = range(0x6FFF4C00, 0x6FFF4D00)
ENTRY_SIZES = {SHT_SYMTAB: 24, SHT_RELA: 24, SHT_REL: 16}
SHF_EXECINSTR, SHF_COMPRESSED = 0x4, 0x800


def _refuse(why: str, fix: str = "") -> NoReturn:
    raise ObjectError("not a usable BPF object", why, fix)


class Section:
    """A section: sizes and offsets in bytes, ``type`` and ``flags`` as ELF numbers them."""

    __slots__ = ("data", "flags", "index", "name", "offset", "size", "type")

    def __init__(self, name: str, index: int, header: tuple[int, ...], data: bytes) -> None:
        _, self.type, self.flags, _, self.offset, self.size, *_ = header
        self.name, self.index = name, index
        self.data = b"" if self.type == SHT_NOBITS else data[self.offset : self.offset + self.size]

    @property
    def executable(self) -> bool:
        """Whether it holds instructions."""
        return bool(self.flags & SHF_EXECINSTR)

    def __repr__(self) -> str:
        return f"<Section {self.index} {self.name} {self.size} bytes>"


class Symbol:
    """A symbol: ``section`` is an index, ``None`` if outside of all; ``type`` e.g. ``"FUNC"``."""

    __slots__ = ("binding", "hidden", "name", "section", "size", "type", "value")

    def __init__(self, symbol: Any) -> None:
        index, info = symbol["st_shndx"], symbol["st_info"]
        self.name = str(symbol.name)
        self.section = index if isinstance(index, int) else None
        self.value, self.size = int(symbol["st_value"]), int(symbol["st_size"])
        self.type = str(info["type"]).removeprefix("STT_")
        self.binding = str(info["bind"]).removeprefix("STB_")
        self.hidden = symbol["st_other"]["visibility"] in ("STV_HIDDEN", "STV_INTERNAL")

    def __repr__(self) -> str:
        return f"<Symbol {self.name} {self.type} section {self.section} at {self.value}>"


class Relocation:
    """A relocation: byte ``offset`` in its section, the ``symbol`` by index, its ``type``."""

    __slots__ = ("offset", "symbol", "type")

    def __init__(self, offset: int, symbol: int, kind: int) -> None:
        self.offset, self.symbol, self.type = offset, symbol, kind


class ElfObject:
    """
    A relocatable BPF object file.

    Attributes:
        endian: ``"little"`` or ``"big"``; need not be the host's.
        sections: All sections, by index.
        symbols: All symbols, by index.

    Example:
        >>> elf = ElfObject.from_bytes(open("build/icmp.bpf.o", "rb").read())  # doctest: +SKIP
        >>> elf.license  # doctest: +SKIP
        'GPL'
    """

    __slots__ = ("_relocations", "endian", "sections", "symbols")

    def __init__(self, data: bytes, endian: str, headers: list[tuple[int, ...]]) -> None:
        file = ELFFile(BytesIO(data))
        self.endian = endian
        self.sections = tuple(
            Section(file.get_section(n).name, n, header, data) for n, header in enumerate(headers)
        )
        table = next((n for n, header in enumerate(headers) if header[1] == SHT_SYMTAB), None)
        if table is None:
            _refuse("it has no symbol table", "do not strip it")
        symbols: Any = file.get_section(table)
        self.symbols = tuple(Symbol(one) for one in symbols.iter_symbols())
        self._relocations: dict[int, list[Relocation]] = {}
        for n, header in enumerate(headers):
            if header[1] in (SHT_REL, SHT_RELA):
                self._add_relocations(header[7], file.get_section(n))

    @classmethod
    def from_bytes(cls, data: bytes) -> ElfObject:
        """
        Return the object that *data* holds.

        Raises:
            ObjectError: They are no BPF object, or a damaged one; says what is wrong.
        """
        endian, fields = _header(data)
        headers = _section_headers(data, endian, fields)
        try:
            return cls(data, endian, headers)
        except ObjectError:
            raise
        except Exception as why:  # pyelftools raises what its parsers meet: struct, overflow, …
            raise ObjectError(
                "not a usable BPF object", f"damaged: {type(why).__name__} {why}".rstrip()
            ) from why

    def _add_relocations(self, target: int, section: Any) -> None:
        if target >= len(self.sections):
            _refuse(f"section '{section.name}' relocates section {target}, which is not there")
        known = self._relocations.setdefault(target, [])
        for one in section.iter_relocations():
            if one["r_info_sym"] >= len(self.symbols):
                _refuse(f"section '{section.name}' uses symbol {one['r_info_sym']}, not there")
            known.append(Relocation(one["r_offset"], one["r_info_sym"], one["r_info_type"]))

    def section(self, name: str) -> Section | None:
        """Return the first section called *name*, or ``None``."""
        return next((one for one in self.sections if one.name == name), None)

    def relocations(self, section: Section) -> list[Relocation]:
        """Return the relocations that apply to *section*."""
        return self._relocations.get(section.index, [])

    @property
    def license(self) -> str | None:
        """The licence that the object declares to the kernel."""
        found = self.section("license")
        return found.data.partition(b"\0")[0].decode("utf-8", "backslashreplace") if found else None

    @property
    def btf(self) -> bytes | None:
        """The bytes of section ``.BTF``."""
        found = self.section(".BTF")
        return found.data if found else None

    @property
    def btf_ext(self) -> bytes | None:
        """The bytes of section ``.BTF.ext``."""
        found = self.section(".BTF.ext")
        return found.data if found else None


def _header(data: bytes) -> tuple[str, tuple[int, ...]]:
    """Return byte order and header fields of what is surely a 64-bit BPF object."""
    if not data:
        _refuse("it is empty")
    if len(data) > OBJECT_SIZE_MAX:
        _refuse(f"{len(data)} bytes are more than the {OBJECT_SIZE_MAX >> 20} MiB that are read")
    if data[:4] != b"\x7fELF":
        _refuse("it is no ELF file" if len(data) > 3 else "it is cut off: no ELF header")
    if len(data) < 64:
        _refuse(f"it is cut off after {len(data)} bytes, within the ELF header")
    if data[4] != 2:
        _refuse("it is 32-bit ELF, BPF is 64-bit" if data[4] == 1 else "its ELF class is unknown")
    if data[5] not in (1, 2) or data[6] != 1:
        _refuse("byte order or version in its ELF header are unknown")
    endian = "little" if data[5] == 1 else "big"
    fields = HEADER[endian].unpack_from(data, 16)
    if fields[1] != EM_BPF:
        what = MACHINES.get(fields[1], f"machine {fields[1]}")
        kind = "object" if fields[0] == 1 else "program"
        _refuse(f"it is a {what} {kind}, not BPF", "compile it with clang --target=bpf")
    if fields[0] != 1:
        _refuse(f"it is {TYPES.get(fields[0], 'of an unknown ELF type')}, not relocatable")
    return endian, fields


def _section_headers(data: bytes, endian: str, fields: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return all section headers, none of which leads outside of the file."""
    start, size, count, names = fields[5], fields[10], fields[11], fields[12]
    if not count or not start:
        _refuse("it has no sections")
    if size != SECTION[endian].size or start + size * count > len(data):
        _refuse(f"it is cut off or damaged: section headers end at byte {start + size * count}")
    headers = [SECTION[endian].unpack_from(data, start + n * size) for n in range(count)]
    if names >= count or headers[names][1] != SHT_STRTAB:
        _refuse("it has no table of section names")
    for index, header in enumerate(headers):
        _check_section(index, header, headers, len(data))
    return headers


def _check_section(
    index: int, header: tuple[int, ...], headers: list[tuple[int, ...]], end: int
) -> None:
    _, kind, flags, _, offset, size, link, _, _, each = header
    if kind not in KNOWN_TYPES and kind not in LLVM_TYPES:
        _refuse(f"section {index} is of type {kind:#x}, which BPF objects do not have")
    if kind not in (SHT_NULL, SHT_NOBITS) and offset + size > end:
        _refuse(f"it is cut off or damaged: section {index} ends at byte {offset + size} of {end}")
    if kind == SHT_NOBITS and size > OBJECT_SIZE_MAX:
        _refuse(f"section {index} takes {size} bytes")
    if flags & SHF_COMPRESSED:
        _refuse(f"section {index} is compressed")
    if kind in ENTRY_SIZES and (each != ENTRY_SIZES[kind] or size % each):
        _refuse(f"section {index} has entries of {each} bytes, not {ENTRY_SIZES[kind]}")
    wanted = {SHT_SYMTAB: SHT_STRTAB, SHT_REL: SHT_SYMTAB, SHT_RELA: SHT_SYMTAB}.get(kind)
    if wanted and (link >= len(headers) or headers[link][1] != wanted):
        _refuse(f"section {index} names no {'string' if wanted == SHT_STRTAB else 'symbol'} table")
