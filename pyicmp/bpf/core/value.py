"""The number that a relocation comes to, on either side: offset, size, shift, id, enum value."""

from __future__ import annotations

from typing import NamedTuple

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.btf.ext import ENUM_KINDS, FIELD_KINDS
from pyicmp.bpf.core.access import Access, Refused, size_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.btf.kinds import Member, Type
    from pyicmp.bpf.btf.reader import Btf

__all__ = ["EXISTENCE", "Result", "Value", "evaluate"]

U64 = (1 << 64) - 1
EXISTENCE = ("field_exists", "type_exists", "type_matches", "enumval_exists")


class Value(NamedTuple):
    """
    One side's number.

    Attributes:
        number: It, as 64 unsigned bits.
        size: For an offset, bytes that an access there moves; else 0.
        type: Type of the field at that offset, or ``None``.
        certain: Whether the compiler must have come to the same for the object's own types.
    """

    number: int
    size: int = 0
    type: Type | None = None
    certain: bool = True


class Result(NamedTuple):
    """
    Both sides' numbers.

    Attributes:
        old: The object's.
        new: The kernel's, or ``None``: the instruction is poisoned.
        resize: Whether loads and stores of another size than ``old`` has may be adapted.
    """

    old: Value
    new: Value | None
    resize: bool = True

    @property
    def decision(self) -> int | None:
        """What all candidates must agree on."""
        return self.new.number if self.new else None


class Span(NamedTuple):
    """*width* bits from bit *bits* of a struct, loaded as *size* bytes from byte *start*."""

    size: int
    start: int
    bits: int
    width: int


def evaluate(kind: str, local: Access, target: Access | None) -> Result:
    """
    Return the numbers of a relocation, its *target* being ``None`` where the kernel has none.

    Raises:
        Refused: They cannot be had.
    """
    if kind in FIELD_KINDS:
        old = _field(kind, local)
        new = _field(kind, target) if target else None
        if kind == "field_exists":
            return Result(old, new or Value(0))
        return Result(old, new, new is None or _may_resize(old, new))
    if kind in ENUM_KINDS:
        new = _enum(kind, target) if target else None
        missing = Value(0) if kind == "enumval_exists" else None
        return Result(_enum(kind, local), new or missing)
    return Result(_type(kind, local), _type(kind, target) if target else Value(0))


def _may_resize(old: Value, new: Value) -> bool:
    """Tell whether zero-extension makes good for a field of another size."""
    if old.size == new.size:
        return True
    both = (old.type, new.type)
    if all(isinstance(one, kinds.Ptr) for one in both):
        return True
    # libbpf compares the whole encoding: _Bool and char count as unsigned
    return all(isinstance(one, kinds.Int) and not _only_signed(one) for one in both)


def _only_signed(found: kinds.Int) -> bool:
    return found.signed and not found.bool and not found.encoded_char


def _type(kind: str, access: Access) -> Value:
    if kind == "target_type_id":
        return Value(access.root, certain=False)
    if kind in EXISTENCE:
        return Value(1)
    if kind == "type_size":
        return Value(size_of(access.btf, access.root))
    raise Refused(f"relocation {kind} is unknown to libbpf 1.7")


def _enum(kind: str, access: Access) -> Value:
    if kind == "enumval_exists":
        return Value(1)
    point = access.points[0]
    found = access.btf.type(point.type_id)
    number = found.values[point.name]  # type: ignore[attr-defined]
    if not isinstance(found, kinds.Enum64):
        number = (number & 0xFFFFFFFF ^ 0x80000000) - 0x80000000  # libbpf reads __s32
    return Value(number & U64)


def _field(kind: str, access: Access) -> Value:
    if kind == "field_exists":
        return Value(1)
    btf, last = access.btf, access.points[-1]
    if not last.name:
        return _element(kind, access)
    member = btf.type(last.type_id).members[last.number]  # type: ignore[attr-defined]
    if member.bitfield_size:
        return _bitfield(kind, access, member)
    found = btf.resolve(member.type_id)
    size = size_of(btf, found.id)
    if kind == "byte_off":
        return Value(access.bits // 8, _element_size(btf, found), found)
    if kind == "byte_sz":
        return Value(size)
    span = Span(size, access.bits // 8, access.bits, size * 8)
    return _aspect(kind, found, span, True)


def _element(kind: str, access: Access) -> Value:
    btf, last = access.btf, access.points[-1]
    if kind == "byte_off":
        found = btf.type(last.type_id)
        return Value(access.bits // 8, _element_size(btf, btf.resolve(found)), found)
    if kind == "byte_sz":
        return Value(size_of(btf, last.type_id))
    raise Refused(f"{kind} is asked of an array's element")


def _element_size(btf: Btf, found: Type) -> int:
    """Return the size of what a load reads: of one element, if *found* is an array."""
    while isinstance(found, kinds.Array):
        found = btf.resolve(found.elem_id)
    return size_of(btf, found.id)


def _bitfield(kind: str, access: Access, member: Member) -> Value:
    found, bits = access.btf.resolve(member.type_id), access.bits
    size = size_of(access.btf, found.id) or 1
    start = bits // 8 // size * size
    while bits + member.bitfield_size - start * 8 > size * 8:
        if size >= 8:
            raise Refused(f"bitfield '{member.name}' cannot be read by one load of 64 bits")
        size *= 2
        start = bits // 8 // size * size
    if kind == "byte_off":
        return Value(start, certain=False)
    if kind == "byte_sz":
        return Value(size, certain=False)
    return _aspect(kind, found, Span(size, start, bits, member.bitfield_size), False)


def _aspect(kind: str, found: Type, span: Span, certain: bool) -> Value:
    """Return signedness, or the shifts that leave the field alone in a 64-bit register."""
    if kind == "signed":
        signed = isinstance(found, (kinds.Int, kinds.Enum)) and found.signed
        return Value(int(signed))
    if kind == "rshift_u64":
        return Value(64 - span.width & U64)
    before = span.bits - span.start * 8
    little = found.btf.endian == "little"
    shift = 64 - (before + span.width) if little else (8 - span.size) * 8 + before
    return Value(shift & U64, certain=certain)
