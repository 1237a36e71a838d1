"""``pyicmp inspect``: what an object's bytes tell."""

from __future__ import annotations

import argparse

from pyicmp.bpf.spec.describe import describe
from pyicmp.bpf.spec.spec import Spec
from pyicmp.cli import exits
from pyicmp.cli.data import add_output, write, write_json
from pyicmp.cli.parser import Parser
from pyicmp.errors import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    Told = dict[str, Any]

__all__ = ["run"]

DESCRIPTION = """\
Show what a BPF object holds: sections, programs and what they call, maps,
global variables, types with their holes, and every place where the object is
fitted to the running kernel (CO-RE), with its line of C.
Needs neither root nor libbpf; the object may be for any machine.
"""
EPILOG = """\
examples:
  pyicmp inspect mine.bpf.o                       all of it, for people
  pyicmp inspect mine.bpf.o -o json | jq .maps    for programs
  pyicmp inspect mine.bpf.o -o json | jq -r '.relocations[].access' | sort -u
"""
TYPES = {0: "null", 1: "progbits", 2: "symtab", 3: "strtab", 4: "rela", 8: "nobits", 9: "rel"}
FLAGS = ((0x4, "x"), (0x2, "a"), (0x1, "w"))
TEXT_MAX = 60


class Options(argparse.Namespace):
    """One command line, parsed."""

    object: str
    output: str


def run(arguments: Sequence[str]) -> int:
    """Describe the object that *arguments* name, and return the exit code."""
    parser = Parser(prog="pyicmp inspect", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("object", metavar="OBJECT", help="a prebuilt BPF object")
    add_output(parser)
    options = parser.parse_args(arguments, namespace=Options())
    spec = Spec.from_file(options.object)
    told = describe(spec)
    if options.output == "json":
        write_json(told)
    else:
        write("".join(f"{printable(line)}\n" for line in _lines(spec, told)))
    return exits.OK


def _lines(spec: Spec, told: Told) -> Iterator[str]:
    machine = told["arch"] or "any machine"
    yield f"{spec.name}: for {machine}, {told['endian']}-endian, licence {told['license']}"
    parts = {
        "sections": _sections(spec),
        "programs": _programs(told["programs"]),
        "maps": _maps(told["maps"]),
        "globals": _globals(told["globals"]),
        "types": _types(told["types"]),
        "relocations": _relocations(told["relocations"]),
    }
    for title, lines in parts.items():
        whole = list(lines)
        if whole:
            yield from ("", title, *whole)


def _sections(spec: Spec) -> Iterator[str]:
    for one in spec.sections[1:]:
        kind = TYPES.get(one.type, f"{one.type:#x}")
        flags = "".join(letter if one.flags & bit else "-" for bit, letter in FLAGS)
        yield f"  {one.name:<32} {kind:<9} {flags} {one.size:>8} bytes"


def _programs(programs: Told) -> Iterator[str]:
    for name, one in programs.items():
        optional = "" if one["autoload"] else ", not loaded unless asked for"
        yield f"  {name}: {one['section']}, {one['insns']} instructions{optional}"
        for what in ("calls", "helpers", "kfuncs"):
            yield from _listed(what, one[what])


def _listed(what: str, names: Sequence[str]) -> Iterator[str]:
    """Yield *names* in lines of 80 columns."""
    line = f"      {what:<8}"
    for name in names:
        if len(line) + len(name) > 78:
            yield line
            line = " " * 14
        line += f" {name}"
    if names:
        yield line


def _maps(maps: Told) -> Iterator[str]:
    for name, one in maps.items():
        sizes = f"max_entries {one['max_entries']}, flags {one['flags']:#x}"
        for what in ("key", "value"):
            if one[f"{what}_size"]:
                sizes += f", {what} {one[what] or ''}".rstrip() + f" ({one[f'{what}_size']} bytes)"
        yield f"  {name}: {one['type']}, {sizes}"


def _globals(variables: Told) -> Iterator[str]:
    for name, one in variables.items():
        value = "from the kernel" if one["value"] is None else f"= {one['value']!r}"
        if len(value) > TEXT_MAX:
            value = f"{value[:TEXT_MAX]} ..."
        yield f"  {one['section']}+{one['offset']}: {one['type']} {name} {value}"


def _types(types: Told) -> Iterator[str]:
    for name, one in types.items():
        yield f"  {one['kind']} {name}, {one['size']} bytes{_error(one)}"
        rows = [(field["offset"], _field(field)) for field in one.get("fields", ())]
        rows += [(start, f"{size:>6}  (hole)") for start, size in one.get("holes", ())]
        for offset, text in sorted(rows, key=lambda row: row[0]):
            yield f"    {offset:>6} {text}"


def _error(one: Told) -> str:
    return f": {one['error']}" if "error" in one else ""


def _field(field: Told) -> str:
    bits = f" : {field['bit_size']} (bit {field['bit_offset']})" if "bit_size" in field else ""
    return f"{field['size']:>6}  {field['type']} {field['name']}{bits}"


def _relocations(relocations: Sequence[Told]) -> Iterator[str]:
    for one in relocations:
        where = f"{one['program']}+{one['insn']}"
        line = f"{one['file']}:{one['line']}" if one["line"] else ""
        yield f"  {where:<32} {one['kind']:<14} {one['access']}  {line}".rstrip()
