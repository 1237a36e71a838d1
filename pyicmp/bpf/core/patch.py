"""What libbpf writes into a relocated instruction, and when it refuses to."""

from __future__ import annotations

from pyicmp.bpf.core.access import Refused
from pyicmp.bpf.spec.insn import ALU, ALU64, LD, LDX, SIZES, ST, STX, Insn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.core.value import Result

__all__ = ["patch"]

U64 = (1 << 64) - 1
U32 = (1 << 32) - 1
OFF_MAX = 0x7FFF
CODES = {size: code for code, size in SIZES.items()}


def patch(insn: Insn, result: Result) -> Insn | None:
    """
    Return *insn* with the kernel's number in it, or ``None``: it is poisoned.

    Raises:
        Refused: The instruction is none that can hold it, or does not hold the object's own.
    """
    if result.new is None:
        return None
    if insn.kind in (ALU, ALU64):
        if insn.by_register:
            raise Refused("the instruction takes no number")
        _expect(result, insn.imm & U64)
        return insn._replace(imm=_signed32(result.new.number))
    if insn.kind in (LDX, ST, STX):
        return _patch_access(insn, result)
    if insn.kind == LD and insn.wide and insn.src == 0 and insn.off == 0:
        _expect(result, insn.imm64)
        number = result.new.number
        return insn._replace(imm=_signed32(number), imm64=number)
    raise Refused(f"no instruction of code {insn.code:#x} can be relocated")


def _patch_access(insn: Insn, result: Result) -> Insn | None:
    old, new = result.old, result.new
    _expect(result, insn.off & U64)
    if new is None or (not result.resize and new.number <= OFF_MAX):
        return None
    if new.number > OFF_MAX:
        raise Refused(f"offset {new.number} is too large for a load or store")
    if new.size == old.size:
        return insn._replace(off=new.number)
    if insn.width != old.size or new.size not in CODES:
        raise Refused(f"a load of {insn.width} bytes cannot become one of {new.size}")
    return insn._replace(off=new.number, code=insn.code & 0xE7 | CODES[new.size])


def _expect(result: Result, found: int) -> None:
    if result.old.certain and found != result.old.number:
        raise Refused(f"the instruction holds {found}, not the object's {result.old.number}")


def _signed32(number: int) -> int:
    return (number & U32 ^ 0x80000000) - 0x80000000
