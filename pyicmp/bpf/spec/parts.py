"""What an object declares: its programs, maps, global variables and CO-RE relocations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.btf.layout import Layout
from pyicmp.bpf.btf.record import reader
from pyicmp.bpf.maps.types import type_name
from pyicmp.bpf.section import parse_section
from pyicmp.bpf.spec.insn import INSN_SIZE
from pyicmp.errors import LayoutError, ObjectError

if TYPE_CHECKING:
    from typing import Any

    from pyicmp.bpf.btf.ext import CoreRelo, LineInfo
    from pyicmp.bpf.btf.kinds import Type
    from pyicmp.bpf.btf.reader import Btf
    from pyicmp.bpf.spec.code import Function
    from pyicmp.bpf.spec.elf import ElfObject, Section, Symbol

PINNING = {0: "none", 1: "by_name"}
GLOBAL_SECTIONS = (".rodata", ".data", ".bss", ".kconfig")
F_RDONLY_PROG, F_MMAPABLE = 0x80, 0x400


class ProgramSpec:
    """
    A program: a function in a section of its own kind.

    Attributes:
        name: Name of the function.
        section: Section as written, e.g. ``"?kretprobe/ip_rcv_core"``.
        kind: What it attaches to, e.g. ``"kretprobe"``.
        target: What follows the kind, e.g. ``"ip_rcv_core"``; ``None`` if nothing does.
        insn_count: Number of instructions, of 8 bytes each.
        autoload: ``False`` where the section begins with ``?``.
        offset: First byte within the section.
    """

    __slots__ = ("autoload", "insn_count", "kind", "name", "offset", "section", "target")

    def __init__(self, symbol: Symbol, section: str) -> None:
        self.name, self.section, self.offset = symbol.name, section, symbol.value
        self.kind, self.target, self.autoload = parse_section(section)
        self.insn_count = symbol.size // INSN_SIZE

    def __repr__(self) -> str:
        return f"<ProgramSpec {self.name} {self.section} {self.insn_count} instructions>"


class MapSpec:
    """
    A map, as its definition or the section it stands for tells.

    Attributes:
        name: Name of the map.
        type: Kernel's name of its type, e.g. ``"ringbuf"``.
        max_entries: Number of entries; bytes for a ring buffer.
        key_size: Bytes of a key.
        value_size: Bytes of a value.
        flags: ``BPF_F_*`` flags.
        key: Layout of a key, if typed, else ``None``.
        value: Layout of a value, if typed, else ``None``.
        pinning: ``"none"`` or ``"by_name"``.
        inner: For a map of maps, the map it holds, else ``None``.
    """

    __slots__ = (
        "flags", "inner", "key", "key_size", "max_entries", "name", "pinning", "type", "value",
        "value_size",
    )  # fmt: skip

    def __init__(self, name: str, kind: str) -> None:
        self.name, self.type = name, kind
        self.max_entries = self.key_size = self.value_size = self.flags = 0
        self.key: Layout | None = None
        self.value: Layout | None = None
        self.inner: MapSpec | None = None
        self.pinning = "none"

    def __repr__(self) -> str:
        return f"<MapSpec {self.name} {self.type} max_entries {self.max_entries}>"


class GlobalSpec:
    """
    A global variable.

    Attributes:
        name: Its name.
        section: ``".rodata"``, ``".data"``, ``".bss"``, ``".kconfig"``, or one that begins so.
        offset: First byte within the section.
        size: Size in bytes.
        layout: Layout of its type; ``layout.value.type`` is the type in C's words.
    """

    __slots__ = ("_data", "layout", "name", "offset", "section", "size")

    def __init__(self, name: str, section: str, offset: int, layout: Layout, data: bytes) -> None:
        self.name, self.section, self.offset = name, section, offset
        self.size, self.layout, self._data = layout.size, layout, data

    @property
    def type(self) -> str:
        """The type in C's words."""
        return self.layout.value.type

    @property
    def initial(self) -> Any:
        """The value it starts with, decoded; ``None`` if the kernel provides it."""
        return reader(self.layout.value)(self._data, 0) if self._data or not self.size else None

    def __repr__(self) -> str:
        return f"<GlobalSpec {self.type} {self.name} in {self.section} at {self.offset}>"


class Relocation:
    """
    A place that libbpf adapts to the running kernel's types.

    Attributes:
        program: Function that holds the instruction.
        insn: Number of the instruction, from the function's start.
        kind: What is asked, e.g. ``"byte_off"``, ``"field_exists"``, ``"enumval_value"``.
        access: In C's words, e.g. ``"sk_buff.network_header"``.
        type_name: Name of the type, without ``struct``.
        file: Source file, or an empty string.
        line: Line in it, or 0.
        core: As ``.BTF.ext`` has it.
        function: That function, or ``None`` if the instruction is in none.
    """

    __slots__ = (
        "access", "core", "file", "function", "insn", "kind", "line", "program", "type_name",
    )  # fmt: skip

    def __init__(self, function: Function | None, relo: CoreRelo, line: LineInfo | None) -> None:
        self.function, self.core = function, relo
        self.program = function.name if function else ""
        self.insn = relo.offset // INSN_SIZE - (function.start if function else 0)
        self.kind, self.access, self.type_name = relo.kind, relo.access, relo.type_name
        self.file, self.line = (line.file, line.line) if line else ("", 0)

    def __repr__(self) -> str:
        return f"<Relocation {self.program}+{self.insn} {self.kind} {self.access}>"


def programs_of(elf: ElfObject) -> dict[str, ProgramSpec]:
    """Return the programs by name; functions in ``.text`` are subprograms, not programs."""
    found = {}
    for section in elf.sections:
        if section.executable and section.size and section.name != ".text":
            for symbol in functions(elf, section):
                if symbol.value % INSN_SIZE or symbol.value + symbol.size > section.size:
                    why = f"function '{symbol.name}' ends outside of section '{section.name}'"
                    raise ObjectError("not a usable BPF object", why)
                found[symbol.name] = ProgramSpec(symbol, section.name)
    return found


def functions(elf: ElfObject, section: Section) -> list[Symbol]:
    """Return the functions of *section*, in order of place."""
    own = [one for one in elf.symbols if one.type == "FUNC" and one.section == section.index]
    return sorted(own, key=lambda one: one.value)


def maps_of(elf: ElfObject, btf: Btf | None) -> dict[str, MapSpec]:
    """Return the maps by name: those defined in ``.maps``, then those that sections imply."""
    found = {}
    defined = btf.find(".maps", kinds.Datasec) if btf and elf.section(".maps") else None
    for info in defined.secinfos if btf and defined else ():
        var = defined.btf.type(info.type_id) if defined else None
        if isinstance(var, kinds.Var):
            found[var.name] = defined_map(var.name, var.btf.resolve(var.type_id))
    for section in elf.sections:
        if section.size and _is_global_section(section.name):
            found[section.name] = _implied_map(section.name, section.size)
    extern = btf.find(".kconfig", kinds.Datasec) if btf else None
    if extern:
        found[".kconfig"] = _implied_map(".kconfig", extern.size)
    return found


def _is_global_section(name: str) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in GLOBAL_SECTIONS)


def _implied_map(name: str, size: int) -> MapSpec:
    found = MapSpec(name, "array")
    found.key_size, found.value_size, found.max_entries, found.flags = 4, size, 1, F_MMAPABLE
    if name.startswith((".rodata", ".kconfig")):
        found.flags |= F_RDONLY_PROG
    return found


def defined_map(name: str, definition: Type, depth: int = 0) -> MapSpec:
    """Return what the struct *definition* of a variable in ``.maps`` says."""
    if not isinstance(definition, kinds.Struct) or depth > 1:
        raise ObjectError(f"map '{name}' cannot be read", "its definition is no struct")
    members = {one.name: definition.btf.resolve(one.type_id) for one in definition.members}
    numbers = {member: _number(found) for member, found in members.items()}
    kind = numbers.get("type", 0)
    found = MapSpec(name, type_name(kind))
    found.max_entries = numbers.get("max_entries", 0)
    found.flags = numbers.get("map_flags", 0)
    found.pinning = PINNING.get(numbers.get("pinning", 0), "unknown")
    found.key, found.key_size = _typed(members.get("key"), numbers.get("key_size", 0))
    found.value, found.value_size = _typed(members.get("value"), numbers.get("value_size", 0))
    values = members.get("values")
    if isinstance(values, kinds.Array):
        inner = values.btf.resolve(values.elem_id)
        inner = inner.btf.resolve(inner.type_id) if isinstance(inner, kinds.Ptr) else inner
        if isinstance(inner, kinds.Struct):
            found.inner = defined_map(f"{name}.inner", inner, depth + 1)
        found.value_size = found.value_size or 4
    return found


def _number(found: Type) -> int:
    """Return what ``__uint`` or ``__ulong`` put into a type: an array's length, an enum's value."""
    if isinstance(found, kinds.Ptr):
        array = found.btf.resolve(found.type_id)
        return array.nelems if isinstance(array, kinds.Array) else 0
    if isinstance(found, kinds.Enum) and found.values:
        return next(iter(found.values.values()))
    return 0


def _typed(found: Type | None, size: int) -> tuple[Layout | None, int]:
    """Return layout and size of a key or value, where ``__type`` gave one."""
    if not isinstance(found, kinds.Ptr) or not found.type_id:
        return None, size
    try:
        layout = Layout.of(found.btf, found.type_id)
    except LayoutError:
        return None, size
    return layout, layout.size


def globals_of(elf: ElfObject, btf: Btf | None) -> dict[str, GlobalSpec]:
    """Return the global variables by name; those of the program itself go before equals."""
    found: dict[str, GlobalSpec] = {}
    for datasec in btf or ():
        if isinstance(datasec, kinds.Datasec) and _is_global_section(datasec.name):
            section = elf.section(datasec.name)
            places = _places(elf, section)
            for info in datasec.secinfos:
                var = datasec.btf.type(info.type_id)
                offset = places.get(var.name, info.offset)
                found.setdefault(var.name, _global(var, section, datasec.name, offset))
    return found


def _places(elf: ElfObject, section: Section | None) -> dict[str, int]:
    """Return offsets by symbol: clang alone leaves those in BTF at 0."""
    index = section.index if section else -1
    return {one.name: one.value for one in elf.symbols if one.section == index and one.name}


def _global(var: Type, section: Section | None, where: str, offset: int) -> GlobalSpec:
    if not isinstance(var, kinds.Var):
        raise ObjectError(f".BTF: {where} holds a {var.kind}", "the section is damaged")
    layout = Layout.of(var.btf, var.type_id)
    if section is None:
        return GlobalSpec(var.name, where, offset, layout, b"")
    if offset + layout.size > section.size:
        why = f"it ends at byte {offset + layout.size} of {section.size} in {where}"
        raise ObjectError(f"variable '{var.name}' is outside of its section", why)
    data = section.data[offset : offset + layout.size] or bytes(layout.size)
    return GlobalSpec(var.name, where, offset, layout, data)
