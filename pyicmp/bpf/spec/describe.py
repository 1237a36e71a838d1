"""All that an object's bytes tell, as plain dicts and lists: what ``pyicmp inspect`` shows."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.btf.layout import Layout
from pyicmp.bpf.btf.record import Record
from pyicmp.bpf.spec.code import helpers_called, kfuncs_called
from pyicmp.bpf.spec.helpers import helper_names
from pyicmp.errors import LayoutError

if TYPE_CHECKING:
    from typing import Any

    from pyicmp.bpf.spec.parts import MapSpec, ProgramSpec
    from pyicmp.bpf.spec.spec import Spec

    Told = dict[str, Any]

__all__ = ["describe"]


def describe(spec: Spec) -> Told:
    """
    Return what ``pyicmp inspect -o json`` prints: offsets and sizes in bytes, but for bit fields.

    Raises:
        ObjectError: The object's BTF or code is damaged.

    Example:
        >>> from pyicmp import bpf
        >>> describe(bpf.Spec.from_file("build/icmp.bpf.o"))["license"]  # doctest: +SKIP
        'GPL'
    """
    return {
        "arch": spec.arch,
        "endian": spec.endian,
        "license": spec.license,
        "programs": {one.name: _program(spec, one) for one in spec.programs.values()},
        "maps": {one.name: _map(one) for one in spec.maps.values()},
        "globals": {
            one.name: {
                "section": one.section,
                "offset": one.offset,
                "size": one.size,
                "type": one.type,
                "value": plain(one.initial),
            }
            for one in spec.globals.values()
        },
        "types": {one.name: _type(one) for one in _records(spec)},
        "relocations": [
            {
                "program": one.program,
                "insn": one.insn,
                "kind": one.kind,
                "access": one.access,
                "file": one.file,
                "line": one.line,
            }
            for one in spec.relocations
        ],
    }


def _program(spec: Spec, program: ProgramSpec) -> Told:
    section = spec.section(program.section)
    start = program.offset // 8
    found = spec.code.at(section.index, start) if section else None
    reached = spec.code.reached(found) if found else []
    names = helper_names(spec.own_btf)
    helpers = set().union(*(helpers_called(one) for one in reached))
    return {
        "section": program.section,
        "kind": program.kind,
        "target": program.target,
        "autoload": program.autoload,
        "insns": program.insn_count,
        "calls": [one.name for one in reached[1:]],
        "helpers": sorted(names.get(number, f"#{number}") for number in helpers),
        "kfuncs": sorted(set().union(*(kfuncs_called(one) for one in reached))),
    }


def _map(one: MapSpec) -> Told:
    told = {
        "type": one.type,
        "max_entries": one.max_entries,
        "flags": one.flags,
        "key_size": one.key_size,
        "value_size": one.value_size,
        "key": one.key.value.type if one.key else None,
        "value": one.value.value.type if one.value else None,
        "pinning": one.pinning,
    }
    return {**told, "inner": _map(one.inner)} if one.inner else told


def _records(spec: Spec) -> list[kinds.Struct]:
    """Return the named structs and unions; of equal names the first."""
    found: dict[str, kinds.Struct] = {}
    for one in spec.own_btf or ():
        if isinstance(one, kinds.Struct) and one.name:
            found.setdefault(one.name, one)
    return list(found.values())


def _type(found: kinds.Struct) -> Told:
    told: Told = {"kind": found.kind, "size": found.size}
    try:
        layout = Layout(found)
        holes = layout.holes if found.kind == "struct" else []
    except LayoutError as error:  # say, a member of a type that is only declared
        return {**told, "error": str(error)}
    fields = []
    for field in layout.fields:
        place: Told = {"name": field.name, "type": field.type, "offset": field.offset}
        place["size"] = field.size
        if field.bit_size:
            place |= {"bit_offset": field.bit_offset, "bit_size": field.bit_size}
        fields.append(place)
    return {**told, "fields": fields, "holes": [list(one) for one in holes]}


def plain(value: Any) -> Any:
    """Return a decoded value as JSON can hold it: bytes in hexadecimal."""
    if isinstance(value, Record):
        return plain(value._asdict())
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value
