"""An object's functions and what they call, refer to, and are compiled from."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from pyicmp.bpf.spec.insn import CALL, INSN_SIZE, PSEUDO_CALL, PSEUDO_KFUNC_CALL, decode
from pyicmp.bpf.spec.parts import functions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyicmp.bpf.spec.elf import ElfObject, Section, Symbol
    from pyicmp.bpf.spec.insn import Insn


class Function:
    """
    A program or subprogram.

    Attributes:
        name: Its name.
        section: The :class:`.Section` that holds it.
        start: Number of its first instruction within the section.
        insns: Its instructions.
        exported: Whether it is global: the kernel then verifies it by itself.
        symbols: What an instruction refers to by name, by the instruction's number.
    """

    __slots__ = ("exported", "insns", "name", "section", "start", "symbols")

    def __init__(self, symbol: Symbol, section: Section, insns: list[Insn]) -> None:
        self.name, self.section = symbol.name, section
        self.start = symbol.value // INSN_SIZE
        self.insns = insns[self.start : self.start + symbol.size // INSN_SIZE]
        self.exported = symbol.binding == "GLOBAL" and not symbol.hidden
        self.symbols: dict[int, Symbol] = {}

    @property
    def place(self) -> tuple[int, int]:
        """Where it starts: index of its section, number of the instruction there."""
        return self.section.index, self.start

    def __repr__(self) -> str:
        return f"<Function {self.name} in {self.section.name}, {len(self.insns)} instructions>"


class Code:
    """All functions of an object, by place."""

    __slots__ = ("_by_place", "_starts", "functions")

    def __init__(self, elf: ElfObject) -> None:
        self.functions: list[Function] = []
        for section in elf.sections:
            if section.executable and section.size:
                self.functions += _functions(elf, section)
        self._by_place = {one.place: one for one in self.functions}
        self._starts = sorted(self._by_place)

    def at(self, section: int, insn: int) -> Function | None:
        """Return the function that instruction *insn* of a section belongs to."""
        index = bisect_right(self._starts, (section, insn)) - 1
        if index < 0:
            return None
        found = self._by_place[self._starts[index]]
        inside = found.section.index == section and insn < found.start + len(found.insns)
        return found if inside else None

    def callee(self, caller: Function, number: int) -> Function | None:
        """Return the function of this object that instruction *number* of *caller* calls."""
        insn, symbol = caller.insns[number], caller.symbols.get(number)
        if insn.code != CALL or insn.src != PSEUDO_CALL or (symbol and symbol.section is None):
            return None
        if symbol is None:
            return self._by_place.get((caller.section.index, caller.start + number + insn.imm + 1))
        start = symbol.value // INSN_SIZE + insn.imm + 1
        return self._by_place.get((symbol.section, start)) if symbol.section else None

    def callback(self, caller: Function, number: int) -> Function | None:
        """Return the function whose address instruction *number* of *caller* takes."""
        insn, symbol = caller.insns[number], caller.symbols.get(number)
        if not insn.wide or symbol is None or symbol.section is None:
            return None
        return self._by_place.get((symbol.section, (symbol.value + insn.imm) // INSN_SIZE))

    def calls(self, caller: Function) -> Iterator[Function]:
        """Yield the functions of this object that *caller* calls, or whose address it takes."""
        for number in range(len(caller.insns)):
            found = self.callee(caller, number) or self.callback(caller, number)
            if found:
                yield found

    def reached(self, first: Function) -> list[Function]:
        """Return *first* and all functions that it leads to by calls."""
        found = [first]
        for one in found:
            found += [other for other in dict.fromkeys(self.calls(one)) if other not in found]
        return found


def _functions(elf: ElfObject, section: Section) -> list[Function]:
    insns = list(decode(section.data, elf.endian))
    found = [Function(one, section, insns) for one in functions(elf, section)]
    starts = [one.start for one in found]
    for relocation in elf.relocations(section):
        number = relocation.offset // INSN_SIZE
        index = bisect_right(starts, number) - 1
        if index >= 0:
            found[index].symbols[number - starts[index]] = elf.symbols[relocation.symbol]
    return found


def helpers_called(function: Function) -> set[int]:
    """Return the numbers of the kernel's helpers that *function* calls."""
    return {one.imm for one in function.insns if one.code == CALL and one.src == 0}


def kfunc(function: Function, number: int) -> str | None:
    """Return the kernel's function that instruction *number* calls by name."""
    insn, symbol = function.insns[number], function.symbols.get(number)
    called = insn.code == CALL and insn.src in (PSEUDO_CALL, PSEUDO_KFUNC_CALL)
    return symbol.name if symbol and called and symbol.section is None else None


def kfuncs_called(function: Function) -> set[str]:
    """Return the names of the kernel's functions that *function* calls by name."""
    found = (kfunc(function, number) for number in function.symbols if number < len(function.insns))
    return {one for one in found if one}
