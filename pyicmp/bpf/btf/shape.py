"""
What the bytes of one BTF type mean: an integer of which order, a text, an enum, a struct.

This is the one place that knows which C types carry a meaning beyond their bytes: ``__be16``
and its kin are numbers in network order, ``char[N]`` is text, ``u8[N]`` and ``in6_addr`` are
plain bytes.
"""

from __future__ import annotations

from pyicmp.bpf.btf import kinds
from pyicmp.errors import LayoutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import IntEnum
    from typing import Any

    from pyicmp.bpf.btf.kinds import Type
    from pyicmp.bpf.btf.reader import Btf

MAX_HOPS = 64
MAX_ELEMENTS = 1 << 20
WIRE_ORDER = {f"__{order}{bits}": order for order in ("be", "le") for bits in (16, 32, 64)}
CODES = {1: "b", 2: "h", 4: "i", 8: "q"}
FLOAT_CODES = {2: "e", 4: "f", 8: "d"}


class Shape:
    """
    How a type is stored.

    Attributes:
        kind: ``int``, ``ptr``, ``bool``, ``enum``, ``float``, ``wide`` (an integer without a
            struct code), ``text``, ``bytes`` or ``struct``: of one element, if an array.
        code: The struct format of one element, without byte order.
        order: ``"little"`` or ``"big"``.
        size: Bytes of one element.
        dims: Lengths of the array's dimensions; empty for a single value.
        type: The BTF type of one element, without typedefs.
    """

    __slots__ = ("code", "dims", "kind", "order", "signed", "size", "type")

    def __init__(self, kind: str, code: str, order: str, size: int, found: Type) -> None:
        self.kind, self.code, self.order, self.size, self.type = kind, code, order, size, found
        self.signed = bool(getattr(found, "signed", False))
        self.dims: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many elements there are, over all dimensions."""
        count = 1
        for dim in self.dims:
            count *= dim
        return count

    def stretched(self, length: int) -> Shape:
        """Return the shape of a flexible array that takes *length* bytes (at most)."""
        other = Shape(self.kind, self.code, self.order, self.size, self.type)
        if self.dims:
            other.dims = (length // self.size if self.size else 0, *self.dims[1:])
        else:
            other.size = length
            other.code = f"{length}s"
        return other


def shape_of(btf: Btf, type_id: int) -> Shape:
    """
    Return the shape of a type.

    Raises:
        LayoutError: It cannot be stored (``void``, a function), or its size is not known.
    """
    dims, order, found = [], "", btf.type(type_id)
    for _ in range(MAX_HOPS):
        if isinstance(found, kinds.Array):
            dims.append(found.nelems)
            found = found.elem
        elif isinstance(found, (kinds.Typedef, kinds.Modifier)):
            order = WIRE_ORDER.get(found.name, order)
            found = found.target
        else:
            break
    endian = {"be": "big", "le": "little"}.get(order, btf.endian)
    return _array(_scalar(btf, found, endian), dims)


def _array(shape: Shape, dims: list[int]) -> Shape:
    """Give *shape* its dimensions; the last of bytes and characters becomes their length."""
    found = shape.type
    byte = isinstance(found, kinds.Int) and found.size == 1 and not found.bool
    if dims and byte and (found.char or not found.signed):  # type: ignore[attr-defined]
        shape.kind = "text" if found.char else "bytes"  # type: ignore[attr-defined]
        shape.size = dims.pop()
        shape.code = f"{shape.size}s"
    shape.dims = tuple(dims)
    return shape


def _scalar(btf: Btf, found: Type, endian: str) -> Shape:
    if isinstance(found, kinds.Int):
        return _int(found, endian)
    if isinstance(found, kinds.Enum):
        code = int_code(found.size, found.signed)
        return Shape(
            "enum" if code else "wide", code or f"{found.size}s", endian, found.size, found
        )
    if isinstance(found, kinds.Ptr):
        size = btf.pointer_size
        return Shape("ptr", int_code(size, False), endian, size, found)
    if isinstance(found, kinds.Float):
        code = FLOAT_CODES.get(found.size, "")
        return Shape(
            "float" if code else "bytes", code or f"{found.size}s", endian, found.size, found
        )
    if isinstance(found, kinds.Struct):
        kind = "bytes" if found.name == "in6_addr" else "struct"
        return Shape(kind, f"{found.size}s", endian, found.size, found)
    raise LayoutError(
        f"type '{c_name(btf, found.id)}' cannot be decoded", f"a {found.kind} has no size"
    )


def _int(found: kinds.Int, endian: str) -> Shape:
    code = "?" if found.bool and found.size == 1 else int_code(found.size, found.signed)
    kind = ("bool" if code == "?" else "int") if code else "wide"
    return Shape(kind, code or f"{found.size}s", endian, found.size, found)


def int_code(size: int, signed: bool) -> str:
    """Return the struct code of an integer of *size* bytes, or nothing if there is none."""
    code = CODES.get(size, "")
    return code if signed else code.upper()


def c_name(btf: Btf, type_id: int) -> str:
    """Return the type as C writes it, without its outermost qualifiers."""
    before, after, found = "", "", btf.type(type_id)
    for hop in range(MAX_HOPS):
        if isinstance(found, kinds.Ptr):
            before, found = f" *{before}", found.target
        elif isinstance(found, kinds.Array):
            after, found = f"{after}[{found.nelems}]", found.elem
        elif isinstance(found, kinds.Modifier):
            if hop and isinstance(found, kinds.Const):
                before = f" const{before}"
            found = found.target
        else:
            break
    return f"{_plain_name(found)}{before}{after}"


def _plain_name(found: Type) -> str:
    if isinstance(found, kinds.FuncProto):
        return "function"
    word = "enum" if isinstance(found, kinds.Enum) else found.kind
    if isinstance(found, kinds.Fwd):
        word = "union" if found.union else "struct"
    tagged = isinstance(found, (kinds.Struct, kinds.Enum, kinds.Fwd))
    return f"{word} {found.name or '{...}'}" if tagged else found.name or word


def int_enum(found: kinds.Enum) -> type[IntEnum]:
    """Return the ``IntEnum`` of a BTF enum: one class for each enum, however often asked."""
    known = found.btf.int_enums
    if found.id not in known:
        from enum import IntEnum

        # names that Python's enum keeps for itself
        names = {
            name: value
            for name, value in found.values.items()
            if name not in ("", "mro") and not (name.startswith("_") and name.endswith("_"))
        }
        make: Any = IntEnum
        known[found.id] = make(found.name or "enum", names)
    return known[found.id]


def did_you_mean(name: str, known: Iterable[str], most: int = 3) -> str:
    """Return ``did you mean …?`` with what comes near to *name*, *most* of it, or nothing."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=most, cutoff=0.6)
    return f"did you mean {' or '.join(near)}?" if near else ""
