"""One BPF instruction as its 8 bytes say it (kernel: Documentation/bpf/standardization)."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

INSN_SIZE = 8
LD, LDX, ST, STX, ALU, JMP, JMP32, ALU64 = range(8)
LD_IMM64 = 0x18
CALL, EXIT = 0x85, 0x95
PSEUDO_CALL, PSEUDO_KFUNC_CALL = 1, 2
SIZES = {0x00: 4, 0x08: 2, 0x10: 1, 0x18: 8}
_FORMS = {"little": Struct("<BBhi"), "big": Struct(">BBhi")}


class Insn(NamedTuple):
    """An instruction; ``imm`` and ``off`` are signed, ``imm64`` is that of a wide load."""

    code: int
    dst: int
    src: int
    off: int
    imm: int
    imm64: int = 0

    @property
    def kind(self) -> int:
        """Its class: ``LD`` … ``ALU64``."""
        return self.code & 7

    @property
    def by_register(self) -> bool:
        """Whether arithmetic or a jump takes a register instead of ``imm``."""
        return bool(self.code & 8)

    @property
    def wide(self) -> bool:
        """Whether it takes the place of two."""
        return self.code == LD_IMM64

    @property
    def width(self) -> int:
        """Bytes that a load or store moves."""
        return SIZES[self.code & 0x18]


def decode(data: bytes, endian: str) -> Iterator[Insn]:
    """Yield the instructions in *data*; the second half of a wide load as one of code 0."""
    form, little = _FORMS[endian], endian == "little"
    whole = len(data) // INSN_SIZE * INSN_SIZE
    rows = list(form.iter_unpack(data[:whole]))
    for number, (code, registers, off, imm) in enumerate(rows):
        first, second = registers & 15, registers >> 4
        dst, src = (first, second) if little else (second, first)
        high = rows[number + 1][3] if code == LD_IMM64 and number + 1 < len(rows) else 0
        yield Insn(code, dst, src, off, imm, (high & 0xFFFFFFFF) << 32 | imm & 0xFFFFFFFF)
