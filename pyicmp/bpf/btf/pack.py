"""Values to bytes: the inverse of reading, with each value checked against its C type."""

from __future__ import annotations

from operator import index
from struct import pack_into

from pyicmp.bpf.btf.shape import did_you_mean
from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pyicmp.bpf.btf.layout import Field, Layout


def pack(layout: Layout, value: object, values: Mapping[str, object]) -> bytes:
    """Return the bytes of one *layout*: see :meth:`.Layout.pack`."""
    buffer = bytearray(layout.size)
    raw = isinstance(value, (bytes, bytearray, memoryview)) or hasattr(value, "__bytes__")
    if raw or layout.fields == (layout.value,):
        if value is None or values:
            raise UsageError(
                f"'{layout.name}' takes one value", f"{1 + len(values)} given" * bool(values)
            )
        _write(buffer, layout.value, value)
        return bytes(buffer)
    if isinstance(value, tuple):
        value = _by_name(layout, value)
    if value is not None and not hasattr(value, "keys"):
        raise UsageError(f"'{layout.name}' takes a mapping of its fields", f"{_kind(value)} given")
    for name, one in {**(value or {}), **values}.items():  # type: ignore[dict-item]
        _write(buffer, layout.field(name), one)
    return bytes(buffer)


def _by_name(layout: Layout, values: tuple[object, ...]) -> dict[str, object]:
    """Return a value for each field, in order; where fields overlap, order cannot tell."""
    ends = [field.bit_offset + (field.bit_size or 8 * field.size) for field in layout.fields]
    starts = [field.bit_offset for field in layout.fields]
    if any(start < end for start, end in zip(starts[1:], ends, strict=False)):
        raise UsageError(f"'{layout.name}' holds a union", "give a mapping of the fields meant")
    if len(values) != len(layout.fields):
        names = ", ".join(field.name for field in layout.fields)
        raise UsageError(f"'{layout.name}' takes ({names})", f"{len(values)} values given")
    return {field.name: value for field, value in zip(layout.fields, values, strict=True)}


def _kind(value: object) -> str:
    return type(value).__name__


def _write(buffer: bytearray, field: Field, value: object) -> None:
    if field.bit_size:
        _write_bits(buffer, field, value)
    elif field.shape.dims:
        _write_array(buffer, field, value, field.shape.dims, field.offset)
    else:
        _write_element(buffer, field, value, field.offset)


def _write_array(
    buffer: bytearray, field: Field, value: object, dims: tuple[int, ...], at: int
) -> int:
    """Write nested sequences in order; return where the next element goes."""
    if not isinstance(value, (list, tuple)) or len(value) != dims[0]:
        given = len(value) if isinstance(value, (list, tuple)) else _kind(value)
        raise UsageError(f"{field.name}: {given} given", f"{field.type} takes {dims[0]} values")
    for one in value:
        if len(dims) > 1:
            at = _write_array(buffer, field, one, dims[1:], at)
        else:
            _write_element(buffer, field, one, at)
            at += field.shape.size
    return at


def _write_element(buffer: bytearray, field: Field, value: Any, at: int) -> None:
    shape = field.shape
    if shape.kind in ("int", "ptr", "enum", "wide", "bool"):
        number = _number(field, value, 8 * shape.size, shape.signed)
        raw = number.to_bytes(shape.size, shape.order, signed=number < 0)  # type: ignore[arg-type]
        buffer[at : at + shape.size] = raw
    elif shape.kind == "float":
        try:
            pack_into(("<" if shape.order == "little" else ">") + shape.code, buffer, at, value)
        except Exception as why:
            raise UsageError(
                f"{field.name}: {value!r} does not fit {field.type}", str(why)
            ) from None
    else:
        raw = _raw(field, value)
        buffer[at : at + len(raw)] = raw


def _number(field: Field, value: Any, bits: int, signed: bool) -> int:
    """Return *value* as an integer that is known to fit."""
    if isinstance(value, str) and field.enum:
        value = _enumerator(field, value)
    try:
        number = index(value)
    except TypeError:
        raise UsageError(
            f"{field.name}: {value!r} is no number", f"its type is {field.type}"
        ) from None
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    if field.shape.kind == "bool":
        high = 1
    if not low <= number <= high:
        raise UsageError(f"{field.name}: {number} does not fit {field.type} ({low}..{high})")
    return number


def _enumerator(field: Field, name: str) -> int:
    values: dict[str, int] = field.shape.type.values  # type: ignore[attr-defined]
    if name not in values:
        near = did_you_mean(name, values)
        raise UsageError(f"{field.name}: '{name}' is no value of {field.type}", "by its BTF", near)
    return values[name]


def _write_bits(buffer: bytearray, field: Field, value: object) -> None:
    number = _number(field, value, field.bit_size, field.shape.signed)
    start, size = field.offset, field.size
    shift, mask = field.bit_shift(start, size), (1 << field.bit_size) - 1
    order: Any = field.btf.endian
    old = int.from_bytes(buffer[start : start + size], order)
    new = old & ~(mask << shift) | (number & mask) << shift
    buffer[start : start + size] = new.to_bytes(size, order)


def _raw(field: Field, value: Any) -> bytes:
    """Return the bytes of a text, of plain bytes or of a nested struct."""
    shape = field.shape
    if shape.kind == "text" and isinstance(value, str):
        value = value.encode("utf-8", "surrogateescape")
    if shape.kind == "struct" and (hasattr(value, "keys") or isinstance(value, tuple)):
        inner = field.layout
        assert inner
        return pack(inner, value, {})
    value = getattr(value, "packed", value)
    try:
        raw = bytes(memoryview(value)) if not hasattr(value, "__bytes__") else bytes(value)
    except TypeError:
        raise UsageError(
            f"{field.name}: {value!r} does not fit {field.type}", "give bytes"
        ) from None
    if len(raw) > shape.size or (shape.kind != "text" and len(raw) != shape.size):
        raise UsageError(f"{field.name}: {len(raw)} bytes do not fit {field.type} ({shape.size})")
    return raw
