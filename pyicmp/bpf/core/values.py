"""
What a register may hold, and how instructions change it: constants, as far as they are sure.

A value is an ``int`` (64 unsigned bits), a pointer that is known (:class:`Pointer`), ``ANY``
(anything but a pointer into the stack) or ``STACK`` (perhaps one, somewhere).
"""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ANY", "STACK", "Pointer", "compute", "holds", "join"]

U64, U32 = (1 << 64) - 1, (1 << 32) - 1


class Pointer(NamedTuple):
    """
    A pointer: ``to`` is ``"frame"``, ``"context"``, ``"data"``, ``"version"`` or ``"argument"``.

    ``number`` is the section of data, or the number of the argument; ``offset`` in bytes.
    """

    to: str
    number: int
    offset: int


class _Unknown:
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


ANY, STACK = _Unknown("ANY"), _Unknown("STACK")
Content = int | Pointer | _Unknown


def on_stack(value: Content) -> bool:
    """Tell whether this may point into the stack."""
    return value is STACK or (isinstance(value, Pointer) and value.to == "frame")


def join(one: Content, other: Content) -> Content:
    """Return what is true of both."""
    if one == other:
        return one
    return STACK if on_stack(one) or on_stack(other) else ANY


def _signed(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (value >> bits - 1 << bits)


def _divide(a: int, b: int) -> int:
    return a // b if b else 0


def _modulo(a: int, b: int) -> int:
    return a % b if b else a


# operation (upper 4 bits of the code) of ALU instructions, on unsigned numbers
_UNSIGNED: dict[int, Callable[[int, int], int]] = {
    0x00: int.__add__, 0x10: int.__sub__, 0x20: int.__mul__, 0x30: _divide, 0x40: int.__or__,
    0x50: int.__and__, 0x90: _modulo, 0xA0: int.__xor__,
}  # fmt: skip
MOV, NEG, END, LSH, RSH, ARSH = 0xB0, 0x80, 0xD0, 0x60, 0x70, 0xC0
MOVED_BITS = (0, 8, 16, 32)  # by which MOV extends a sign; it has no other


def compute(code: int, off: int, left: Content, right: Content) -> Content:
    """Return what arithmetic gives; *right* is the other register, or the number in the code."""
    operation, bits = code & 0xF0, 64 if code & 7 == 7 else 32
    if operation == MOV and bits == 64 and not off:
        return right
    if isinstance(left, Pointer) and isinstance(right, int) and bits == 64:
        delta = _signed(right, 64) * {0x00: 1, 0x10: -1}.get(operation, 0)
        if operation in (0x00, 0x10):
            return left._replace(offset=left.offset + delta)
    if operation == 0x00 and bits == 64 and isinstance(left, int) and isinstance(right, Pointer):
        return right._replace(offset=right.offset + _signed(left, 64))
    if (isinstance(left, int) or operation == MOV) and isinstance(right, int):
        return _numbers(operation, off, left if isinstance(left, int) else 0, right, bits)
    return STACK if on_stack(left) or on_stack(right) else ANY


def _numbers(operation: int, off: int, left: int, right: int, bits: int) -> Content:
    mask = (1 << bits) - 1
    left, right = left & mask, right & mask
    if operation == MOV:
        return _signed(right, off or bits) & mask if off in MOVED_BITS else ANY
    if operation == NEG:
        return -left & mask
    if operation in (LSH, RSH, ARSH):
        count = right & bits - 1
        if operation == LSH:
            return left << count & mask
        return (left if operation == RSH else _signed(left, bits)) >> count & mask
    if operation not in _UNSIGNED or off:
        return ANY
    return _UNSIGNED[operation](left, right) & mask


# operation of jumps: JEQ, JGT, JGE, JSET, JNE, JSGT, JSGE, JLT, JLE, JSLT, JSLE
_COMPARE: dict[int, Callable[[int, int], bool]] = {
    0x10: int.__eq__, 0x20: int.__gt__, 0x30: int.__ge__, 0x40: lambda a, b: bool(a & b),
    0x50: int.__ne__, 0xA0: int.__lt__, 0xB0: int.__le__,
}  # fmt: skip
_COMPARE_SIGNED: dict[int, Callable[[int, int], bool]] = {
    0x60: int.__gt__, 0x70: int.__ge__, 0xC0: int.__lt__, 0xD0: int.__le__,
}  # fmt: skip


def holds(code: int, left: Content, right: Content) -> bool | None:
    """Tell whether a jump's condition holds, ``None`` if that is not known."""
    operation, bits = code & 0xF0, 64 if code & 7 == 5 else 32
    if isinstance(left, int) and isinstance(right, int):
        if operation in _COMPARE:
            mask = (1 << bits) - 1
            return _COMPARE[operation](left & mask, right & mask)
        if operation in _COMPARE_SIGNED:
            return _COMPARE_SIGNED[operation](_signed(left, bits), _signed(right, bits))
    known = isinstance(left, Pointer) and left.to != "argument"
    if known and right == 0 and bits == 64:
        return {0x10: False, 0x50: True}.get(operation)
    return None
