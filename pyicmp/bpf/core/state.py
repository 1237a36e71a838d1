"""Registers and stack at one instruction, and what an instruction does to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyicmp.bpf.core.values import ANY, STACK, Pointer, compute, join, on_stack
from pyicmp.bpf.spec.insn import ALU, ALU64, LD, LDX, ST, STX

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyicmp.bpf.core.values import Content
    from pyicmp.bpf.spec.insn import Insn

    Data = Callable[[Pointer, int, int], int | None]

__all__ = ["State", "entry"]

U64 = (1 << 64) - 1
ATOMIC, SIGN_EXTEND = 0xC0, 0x80
MODE = 0xE0
FETCH, EXCHANGE_IF, LOAD_ACQUIRE = 0x01, 0xF1, 0x100
CALLEE_SAVED = 6


class State:
    """
    What is known before an instruction.

    Attributes:
        registers: r0 to r10.
        stack: Value and size in bytes, by offset from the frame pointer.
    """

    __slots__ = ("registers", "stack")

    def __init__(self, registers: list[Content], stack: dict[int, tuple[Content, int]]) -> None:
        self.registers, self.stack = registers, stack

    def copy(self) -> State:
        """Return one that can be changed."""
        return State(list(self.registers), dict(self.stack))

    def merge(self, other: State) -> bool:
        """Keep what is true of *other* as well; tell whether that is less than before."""
        registers = [join(*pair) for pair in zip(self.registers, other.registers, strict=False)]
        stack = {at: one for at, one in self.stack.items() if other.stack.get(at) == one}
        changed = registers != self.registers or len(stack) != len(self.stack)
        self.registers, self.stack = registers, stack
        return changed

    def operand(self, insn: Insn) -> Content:
        """Return what arithmetic or a jump works with: a register or the number in the code."""
        return self.registers[insn.src] if insn.by_register else insn.imm & U64

    def execute(self, insn: Insn, data: Data) -> None:
        """Take over what any instruction but a jump or call does; *data* reads constants."""
        registers = self.registers
        if insn.kind in (ALU, ALU64):
            registers[insn.dst] = compute(
                insn.code, insn.off, registers[insn.dst], self.operand(insn)
            )
        elif insn.kind == LDX:
            registers[insn.dst] = self._load(insn, data)
        elif insn.kind in (ST, STX):
            self._store(insn)
        elif insn.kind == LD:  # of a packet, by r0
            self.forget_scratch()

    def called(self, result: Content = ANY) -> None:
        """Take over what a call does: it may write to any stack memory that it was given."""
        given = [one for one in self.registers[1:CALLEE_SAVED] if on_stack(one)]
        if given:
            lowest = min(one.offset if isinstance(one, Pointer) else -1 << 16 for one in given)
            self.stack = {at: one for at, one in self.stack.items() if at + one[1] <= lowest}
        self.forget_scratch(result)

    def forget_scratch(self, result: Content = ANY) -> None:
        """Set r0 to *result*, and r1 to r5 to what is not known."""
        self.registers[:CALLEE_SAVED] = [result, ANY, ANY, ANY, ANY, ANY]

    def _load(self, insn: Insn, data: Data) -> Content:
        base = self.registers[insn.src]
        if not isinstance(base, Pointer) or insn.code & MODE == SIGN_EXTEND:
            return ANY if not on_stack(base) else STACK
        at = base.offset + insn.off
        if base.to == "frame":
            value, size = self.stack.get(at, (STACK, insn.width))
            return value if size == insn.width else STACK
        if base.to == "context" and at % 8 == 0 and insn.width == 8:
            return Pointer("argument", at // 8, 0)
        if base.to in ("data", "version"):
            number = data(base, at, insn.width)
            return ANY if number is None else number
        return ANY

    def _store(self, insn: Insn) -> None:
        base = self.registers[insn.dst]
        atomic = insn.kind == STX and insn.code & MODE == ATOMIC
        if atomic and insn.imm == LOAD_ACQUIRE:
            self.registers[insn.dst] = STACK
            return
        if isinstance(base, Pointer) and base.to == "frame":
            at = base.offset + insn.off
            self._forget(at, insn.width)
            if not atomic:
                value = self.registers[insn.src] if insn.kind == STX else insn.imm & U64
                self._keep(at, value, insn.width)
        elif base is STACK:
            self.stack = {}
        if atomic and insn.imm & FETCH:
            self.registers[0 if insn.imm == EXCHANGE_IF else insn.src] = ANY

    def _keep(self, at: int, value: Content, width: int) -> None:
        if isinstance(value, int):
            self.stack[at] = (value & (1 << 8 * width) - 1, width)
        elif width == 8:
            self.stack[at] = (value, width)

    def _forget(self, at: int, width: int) -> None:
        for start, (_, size) in list(self.stack.items()):
            if start < at + width and at < start + size:
                del self.stack[start]


def entry(registers: list[Content] | None = None) -> State:
    """Return the state at a function's first instruction; *registers* are its r1 to r5."""
    scratch = registers or [ANY] * 5
    return State([ANY, *scratch, ANY, ANY, ANY, ANY, Pointer("frame", 0, 0)], {})
