"""Which bytes of a layout are covered by what: its struct format, and its holes."""

from __future__ import annotations

from pyicmp.errors import LayoutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyicmp.bpf.btf.layout import Field, Layout

MAX_PARTS = 1 << 16
MAX_DEPTH = 32


def _groups(layout: Layout) -> Iterator[tuple[int, int, list[Field]]]:
    """Yield (start, end, fields) for each run of fields that overlap; mostly of one."""
    start = end = 0
    group: list[Field] = []
    for field in sorted(layout.fields, key=lambda f: (f.offset, -f.size)):
        if not field.size:
            continue
        if group and field.offset >= end:
            yield start, end, group
            group = []
        if not group:
            start, end = field.offset, field.offset
        end = max(end, field.offset + field.size)
        group.append(field)
    if group:
        yield start, end, group


def format_of(layout: Layout) -> str:
    """Return the struct format of *layout*, byte order first."""
    order = "<" if layout.btf.endian == "little" else ">"
    parts: list[str] = []
    _format(layout, parts, 0)
    return order + "".join(parts)


def _format(layout: Layout, parts: list[str], depth: int) -> None:
    at = 0
    for start, end, fields in _groups(layout):
        _pad(parts, start - at)
        at = end
        field = fields[0]
        inner = field.layout if len(fields) == 1 and field.shape.kind == "struct" else None
        if len(parts) > MAX_PARTS or depth > MAX_DEPTH:
            raise LayoutError(
                f"'{layout.name}' is too large for a format", "its BTF may be damaged"
            )
        if len(fields) > 1 or field.bit_size or (inner and field.shape.dims):
            parts.append(f"{end - start}s")
        elif inner:
            _format(inner, parts, depth + 1)
        else:
            parts.append(_code(field))
    _pad(parts, layout.size - at)


def _pad(parts: list[str], size: int) -> None:
    if size:
        parts.append(f"{size}x" if size > 1 else "x")


def _code(field: Field) -> str:
    shape = field.shape
    if not shape.dims:
        return shape.code
    return f"{field.size}s" if shape.code.endswith("s") else f"{shape.count}{shape.code}"


def holes_of(layout: Layout) -> list[tuple[int, int]]:
    """Return (offset, size) of each run of bytes that no field covers."""
    spans = sorted(_covered(layout, 0, 0))
    holes, at = [], 0
    for start, end in [*spans, (layout.size, layout.size)]:
        if start > at:
            holes.append((at, start - at))
        at = max(at, end)
    return holes


def _covered(layout: Layout, base: int, depth: int) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of what fields cover; looks into nested structs, one by one in arrays."""
    if depth > MAX_DEPTH:
        raise LayoutError(f"'{layout.name}' nests too deep", "its BTF is damaged")
    for field in layout.fields:
        shape, start = field.shape, base + field.offset
        inner = field.layout if shape.kind == "struct" else None
        if inner is None or shape.count > MAX_PARTS:
            yield start, start + field.size
            continue
        own = list(_covered(inner, 0, depth + 1))
        for step in range(shape.count):
            yield from (
                (start + step * shape.size + a, start + step * shape.size + b) for a, b in own
            )
