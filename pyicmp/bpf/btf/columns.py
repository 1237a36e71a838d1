"""Which :class:`struct.Struct` reads which field: the plan behind an :class:`.Unpacker`."""

from __future__ import annotations

from struct import Struct

from pyicmp.bpf.btf.shape import MAX_ELEMENTS, int_code
from pyicmp.errors import LayoutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.btf.layout import Field


class Item:
    """Bytes that one or more columns of a row are read from."""

    __slots__ = ("code", "end", "order", "start", "width")

    def __init__(self, start: int, size: int, code: str, order: str, width: int) -> None:
        self.start, self.end, self.code, self.width = start, start + size, code, width
        self.order = "" if code[-1] in "sbB?x" else order

    def same(self, other: Item) -> bool:
        """Tell whether *other* reads the same columns from the same bytes."""
        return (self.start, self.end, self.code) == (other.start, other.end, other.code)


class Pass:
    """Items that one Struct can read."""

    __slots__ = ("items", "order")

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.order = ""

    def takes(self, item: Item) -> bool:
        """Tell whether *item* agrees with the byte order and with the bytes already taken."""
        if item.order and self.order and item.order != self.order:
            return False
        return any(item.same(old) for old in self.items) or all(
            item.end <= old.start or old.end <= item.start for old in self.items
        )

    def add(self, item: Item) -> Item:
        """Return *item*, or its equal that is here already."""
        for old in self.items:
            if item.same(old):
                return old
        self.order = self.order or item.order
        self.items.append(item)
        self.items.sort(key=lambda one: (one.start, one.end))
        return item

    @property
    def width(self) -> int:
        """How many columns it gives."""
        return sum(item.width for item in self.items)

    def column(self, item: Item) -> int:
        """Return the first column of *item*."""
        return sum(old.width for old in self.items[: self.items.index(item)])

    def compile(self, size: int) -> Struct:
        """Return the Struct, padded to *size*."""
        parts, at = ["<" if self.order != "big" else ">"], 0
        for item in self.items:
            if item.start > at:
                parts.append(f"{item.start - at}x")
            parts.append(item.code)
            at = item.end
        return Struct("".join([*parts, f"{size - at}x"]))


def place(passes: list[Pass], field: Field, size: int) -> tuple[int, Item]:
    """Find a pass that can take *field*, or begin one."""
    item = _item(field, size)
    for number, one in enumerate(passes):
        if one.takes(item):
            return number, one.add(item)
    passes.append(Pass())
    return len(passes) - 1, passes[-1].add(item)


def _item(field: Field, size: int) -> Item:
    shape = field.shape
    if field.bit_size:
        start, length = field.bit_unit(size)
        return Item(start, length, int_code(length, False) or f"{length}s", field.btf.endian, 1)
    count = shape.count
    if count > MAX_ELEMENTS:
        raise LayoutError(f"'{field.name}' has {count} elements", "too many to unpack one by one")
    code = shape.code
    if shape.dims:
        code = f"{count}{code}" if len(code) == 1 else code * count or "0x"
    return Item(field.offset, field.size, code, shape.order, count)
