"""
Which instructions of a program can run, given what a kernel has.

Constants are followed through registers and stack, as the kernel's verifier follows them: an
existence check that came out 0 makes the branch behind it dead. Global variables that are
constant (``.rodata``) count with the values that stand in the object. What is reached here may
be more than what the verifier reaches, which also follows ranges; it is never less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyicmp.bpf.core.state import State, entry
from pyicmp.bpf.core.values import ANY, Pointer, holds, join, on_stack
from pyicmp.bpf.spec.insn import CALL, EXIT, JMP, JMP32, PSEUDO_CALL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyicmp.bpf.core.values import Content
    from pyicmp.bpf.spec.code import Function
    from pyicmp.bpf.spec.insn import Insn
    from pyicmp.bpf.spec.spec import Spec

    Place = tuple[int, int]
    Patched = dict[Place, Insn | None]

__all__ = ["Reach"]

JA, JA32, MAY_GOTO, INDIRECT = 0x05, 0x06, 0xE5, 0x0D
JEQ, JNE = 0x10, 0x50
MAX_REGISTER = 10
VERSION = "LINUX_KERNEL_VERSION"


class Reach:
    """
    What of a program can run.

    Args:
        spec: The object.
        program: Its function.
        patched: Relocated instructions by place (section, instruction); ``None``: poisoned.
        absent: Names of the kernel's functions and variables that it has not: their address is 0.
        version: The kernel's ``LINUX_KERNEL_VERSION``, if known.
        lazy: Whether it verifies global subprograms only if they are called.

    Attributes:
        states: What is known before each instruction that can run, by place.
    """

    def __init__(
        self,
        spec: Spec,
        program: Function,
        patched: Patched,
        absent: frozenset[str] = frozenset(),
        version: int | None = None,
        lazy: bool = False,
    ) -> None:
        self._spec, self._code, self._patched = spec, spec.code, patched
        self._absent, self._version = absent, version
        self.states: dict[Place, State] = {}
        self._results: dict[Place, Content] = {}
        self._waiting: dict[Place, set[Place]] = {}
        self._work: list[tuple[Function, int]] = []
        self._enter(program, [Pointer("context", 0, 0), ANY, ANY, ANY, ANY])
        for function in self._code.reached(program)[1:]:
            if function.exported and not lazy:  # the kernel verifies these by themselves
                self._enter(function, None)
        while self._work:
            self._visit(*self._work.pop())

    def _enter(self, function: Function, registers: list[Content] | None) -> None:
        self._flow(function, 0, entry(registers))

    def _flow(self, function: Function, number: int, state: State) -> None:
        """Let *state* reach an instruction, which is looked at again if it brings news."""
        if not 0 <= number < len(function.insns):
            return
        place = (function.section.index, function.start + number)
        known = self.states.get(place)
        if known is None:
            self.states[place] = state.copy()
        elif not known.merge(state):
            return
        self._work.append((function, number))

    def _visit(self, function: Function, number: int) -> None:
        place = (function.section.index, function.start + number)
        insn = self._patched.get(place, function.insns[number])
        if insn is None or max(insn.dst, insn.src) > MAX_REGISTER:
            return  # nothing comes after what the kernel refuses
        state = self.states[place].copy()
        if insn.kind in (JMP, JMP32):
            self._jump(function, number, insn, state)
            return
        if insn.wide:
            self._address(function, number, insn, state)
        else:
            state.execute(insn, self._data)
        self._flow(function, number + (2 if insn.wide else 1), state)

    def _address(self, function: Function, number: int, insn: Insn, state: State) -> None:
        """Load 64 bits: a number, or the address of a variable, a map, a function."""
        symbol, callback = function.symbols.get(number), self._code.callback(function, number)
        if callback and callback.insns:
            self._enter(callback, None)
        value: Content = ANY
        if symbol is None:
            value = insn.imm64 if not insn.src else ANY
        elif symbol.name == VERSION:
            value = Pointer("version", 0, 0)
        elif symbol.section is None:
            value = 0 if symbol.name in self._absent else ANY
        elif self._is_constant(symbol.section):
            value = Pointer("data", symbol.section, symbol.value + insn.imm)
        state.registers[insn.dst] = value

    def _is_constant(self, section: int) -> bool:
        sections = self._spec.sections
        return section < len(sections) and sections[section].name.startswith(".rodata")

    def _data(self, base: Pointer, at: int, width: int) -> int | None:
        """Return a constant that the kernel's verifier knows as well."""
        if base.to == "version":
            return self._version if (at, width) == (0, 4) else None
        data = self._spec.sections[base.number].data
        if not 0 <= at <= len(data) - width:
            return None
        return int.from_bytes(data[at : at + width], self._spec.endian)  # type: ignore[arg-type]

    def _jump(self, function: Function, number: int, insn: Insn, state: State) -> None:
        if insn.code == CALL:
            self._call(function, number, insn, state)
        elif insn.code == EXIT:
            self._return(function, state.registers[0])
        elif insn.code == INDIRECT:
            for anywhere in range(len(function.insns)):
                self._flow(function, anywhere, entry())
        elif insn.code in (JA, JA32):
            self._flow(function, number + 1 + (insn.off if insn.code == JA else insn.imm), state)
        else:
            for target, after in _branches(insn, state):
                self._flow(function, number + 1 + target, after)

    def _call(self, function: Function, number: int, insn: Insn, state: State) -> None:
        callee = self._code.callee(function, number) if insn.src == PSEUDO_CALL else None
        if callee is None or callee.exported or not callee.insns:
            if callee:
                self._enter(callee, None)
            state.called()
            self._flow(function, number + 1, state)
            return
        given = [ANY if on_stack(one) else one for one in state.registers[1:6]]
        self._enter(callee, given)
        here = (function.section.index, function.start + number)
        self._waiting.setdefault(callee.place, set()).add(here)
        if callee.place in self._results:
            state.called(self._results[callee.place])
            self._flow(function, number + 1, state)

    def _return(self, function: Function, result: Content) -> None:
        result = ANY if on_stack(result) else result
        known = self._results.get(function.place)
        joined = result if known is None else join(known, result)
        if joined != known:
            self._results[function.place] = joined
            for section, insn in self._waiting.get(function.place, ()):
                caller = self._code.at(section, insn)
                if caller:
                    self._work.append((caller, insn - caller.start))

    def insn(self, place: Place) -> Insn | None:
        """Return the instruction at a place, relocated; ``None`` if it is poisoned."""
        if place in self._patched:
            return self._patched[place]
        function = self._code.at(*place)
        return function.insns[place[1] - function.start] if function else None


def _branches(insn: Insn, state: State) -> Iterator[tuple[int, State]]:
    """Yield how far a conditional jump may go, and what is known there."""
    right = state.operand(insn)
    known = holds(insn.code, state.registers[insn.dst], right)
    operation = insn.code & 0xF0
    exact = insn.kind == JMP and isinstance(right, int) and insn.code != MAY_GOTO
    for taken, target in ((True, insn.off), (False, 0)):
        if known is None or known is taken:
            after = state.copy()
            if exact and known is None and operation == (JEQ if taken else JNE):
                after.registers[insn.dst] = right
            yield target, after
