"""Where each field of a C struct stands, by BTF: nothing is derived a second time here."""

from __future__ import annotations

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.btf.shape import c_name, did_you_mean, int_enum, shape_of
from pyicmp.bpf.btf.unpack import Unpacker
from pyicmp.errors import LayoutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterator
    from enum import IntEnum

    from pyicmp.bpf.btf.kinds import Member, Type
    from pyicmp.bpf.btf.reader import Btf

MAX_FIELDS = 1 << 16
MAX_DEPTH = 32


class Field:
    """
    One field of a struct; also the value of a type that is no struct.

    Attributes:
        name: Its name; a path such as ``"tuple.sport"`` if found by one.
        offset: First byte, from the start of the layout it was asked of.
        size: Bytes covered; 0 for a flexible array.
        bit_offset: First bit, as BTF counts (big-endian: from the most significant).
        bit_size: Bits of a bitfield, else 0.
        type: The type in C's words, e.g. ``"__be16"``, ``"char[16]"``.
        shape: How its bytes are read.
    """

    __slots__ = ("bit_offset", "bit_size", "btf", "name", "offset", "shape", "size", "type_id")

    def __init__(self, btf: Btf, name: str, type_id: int, bit_offset: int, bit_size: int) -> None:
        self.btf, self.name, self.type_id = btf, name, type_id
        self.shape = shape_of(btf, type_id)
        self.bit_offset = bit_offset
        self.bit_size = bit_size or self._old_bitfield()
        self.offset = self.bit_offset // 8
        self.size = self.shape.size * self.shape.count
        if self.bit_size:
            self.size = (self.bit_offset + self.bit_size + 7) // 8 - self.offset
        elif bit_offset % 8:
            raise LayoutError(f"field '{name}' begins within a byte", "its BTF is damaged")

    def _old_bitfield(self) -> int:
        """Before Linux 5.1 the integer's own bits and offset told of a bitfield."""
        found = self.shape.type
        if (
            not isinstance(found, kinds.Int)
            or self.shape.dims
            or self.shape.kind in ("text", "bytes")
        ):
            return 0
        self.bit_offset += found.offset
        return found.bits if found.offset or found.bits != found.size * 8 else 0

    def moved(self, name: str, bits: int) -> Field:
        """Return the same field as seen from *bits* further out, under another *name*."""
        return Field(self.btf, name, self.type_id, self.bit_offset + bits, self.bit_size)

    def stretched(self, length: int) -> Field:
        """Return a flexible array's field as it is in records that leave it *length* bytes."""
        other = Field(self.btf, self.name, self.type_id, self.bit_offset, 0)
        other.shape = self.shape.stretched(length)
        other.size = other.shape.size * other.shape.count
        return other

    def bit_unit(self, limit: int) -> tuple[int, int]:
        """
        Return start and size of bytes that hold a bitfield.

        They are those of its declared type, which its neighbours share, or only those it
        touches where the former would reach beyond *limit*.
        """
        size = self.shape.size or 1
        start = self.bit_offset // (8 * size) * size
        if start + size <= limit and self.bit_offset + self.bit_size <= 8 * (start + size):
            return start, size
        return self.offset, self.size

    def bit_shift(self, start: int, size: int) -> int:
        """Return how far right to shift the integer of *size* bytes at *start*."""
        before = self.bit_offset - 8 * start
        little = self.btf.endian == "little"
        return before if little else 8 * size - before - self.bit_size

    @property
    def type(self) -> str:
        """The type in C's words."""
        return c_name(self.btf, self.type_id)

    @property
    def layout(self) -> Layout | None:
        """The layout of a struct (of one element, if an array), else ``None``."""
        found = self.shape.type
        return Layout(found) if isinstance(found, kinds.Struct) else None

    @property
    def enum(self) -> builtins.type[IntEnum] | None:
        """The ``IntEnum`` of an enum field, else ``None``."""
        found = self.shape.type
        return int_enum(found) if isinstance(found, kinds.Enum) else None

    def __repr__(self) -> str:
        bits = f" bits {self.bit_offset}+{self.bit_size}" if self.bit_size else ""
        return f"<{self.type} {self.name} @{self.offset}+{self.size}{bits}>"


class Layout:
    """
    The layout of a struct, a union or any other type that can be stored.

    Attributes:
        name: Name of the type.
        size: Bytes of one record, padding at its end included.
        fields: Its fields in order; those of unnamed structs and unions stand among them,
            as in C. A type that is no struct has one field without a name.
        value: The type as a whole, seen as one field.

    Example:
        >>> layout = Layout.of(btf, "icmp_event")  # doctest: +SKIP
        >>> layout.format  # doctest: +SKIP
        '<QIIBBH16s4x'
        >>> for pid, comm in layout.unpacker("pid", "comm").iter(batch):  # doctest: +SKIP
        ...     print(pid, comm.decode())
    """

    __slots__ = ("_by_name", "btf", "fields", "name", "size", "type", "value")

    def __init__(self, found: Type) -> None:
        self.btf, self.type = found.btf, found
        self.value = Field(found.btf, "", found.id, 0, 0)
        self.name = found.name or self.value.type
        self.size = self.value.size
        whole = self.value.shape
        named = isinstance(whole.type, kinds.Struct) and not whole.dims
        self.fields = tuple(self._members()) if named else (self.value,)
        self._by_name = {field.name: field for field in reversed(self.fields)}

    @classmethod
    def of(cls, btf: Btf, what: str | int | Type) -> Layout:
        """
        Return the layout of a type, given its name, its id or itself.

        Raises:
            LayoutError: There is no such type (says which names are near), or no sense in it.
        """
        if isinstance(what, int):
            return cls(btf.type(what))
        if not isinstance(what, str):
            return cls(what)
        found = btf.find(what)
        if found is None:
            near = did_you_mean(what, btf.names(kinds.Struct) + btf.names(kinds.Typedef))
            raise LayoutError(f"type '{what}' is not in the BTF", "nothing in it uses it", near)
        return cls(found)

    def sized(self, size: int) -> Layout:
        """
        Return the layout of records of *size* bytes, of a struct that ends in a flexible array.

        Raises:
            LayoutError: It does not end in one, or takes more bytes than these.

        Example:
            >>> obj.layout("event").sized(128).field("data").size  # doctest: +SKIP
            112
        """
        last = self.fields[-1] if self.fields else self.value
        if last.size or not (last.shape.dims or last.shape.kind in ("bytes", "text")):
            raise LayoutError(f"'{self.name}' has one size", "no flexible array ends it")
        if size < self.size:
            raise LayoutError(f"'{self.name}' takes {self.size} bytes", f"{size} are too few")
        other = Layout(self.type)
        other.size = size
        other.fields = (*self.fields[:-1], last.stretched(size - last.offset))
        other._by_name = {field.name: field for field in reversed(other.fields)}
        return other

    def _members(self) -> Iterator[Field]:
        found = self.value.shape.type
        for count, (member, base) in enumerate(_promoted(found, 0, 0)):
            field = Field(
                self.btf,
                member.name,
                member.type_id,
                base + member.bit_offset,
                member.bitfield_size,
            )
            if field.offset + field.size > self.size or count > MAX_FIELDS:
                raise LayoutError(
                    f"field '{field.name}' of '{self.name}' ends outside of it",
                    "its BTF is damaged",
                )
            yield field

    def __contains__(self, name: str) -> bool:
        """Tell whether there is a field *name*."""
        return name in self._by_name

    def field(self, path: str) -> Field:
        """
        Return the field at *path*, its offset counted from the start of this layout.

        Args:
            path: A name, or names joined by dots into nested structs.

        Raises:
            LayoutError: There is no such field; says which names are near.
        """
        first, *rest = path.split(".")
        found = self._own(first, path)
        for name in rest:
            inner = None if found.shape.dims else found.layout
            if inner is None:
                why = f"'{found.name}' is {found.type}, no struct"
                raise LayoutError(f"'{self.name}' has no field '{path}'", why)
            found = inner._own(name, path).moved(path, found.bit_offset)
        return found

    def _own(self, name: str, path: str) -> Field:
        if name not in self._by_name:
            near = did_you_mean(name, self._by_name)
            raise LayoutError(f"'{self.name}' has no field '{path}'", "by its BTF", near)
        return self._by_name[name]

    def enum(self, name: str) -> builtins.type[IntEnum]:
        """
        Return an enum as ``IntEnum``.

        Args:
            name: An enum (or a typedef of one) in the same BTF, or a field that is one.

        Raises:
            LayoutError: It is neither.
        """
        if name in self._by_name and (own := self._by_name[name].enum):
            return own
        found = self.btf.find(name)
        found = self.btf.resolve(found) if found else None
        if not isinstance(found, kinds.Enum):
            near = did_you_mean(name, self.btf.names(kinds.Enum))
            raise LayoutError(f"enum '{name}' is not in the BTF", "nothing in it uses it", near)
        return int_enum(found)

    @property
    def format(self) -> str:
        """
        The format of :mod:`struct` that covers each byte once, byte order first.

        Fields that overlap (unions, bitfields) come out as one run of bytes, gaps as ``x``.
        Numbers in network order are in host order here: see :meth:`unpacker` for values.
        """
        from pyicmp.bpf.btf.extent import format_of  # a trace needs neither this nor pack

        return format_of(self)

    @property
    def holes(self) -> list[tuple[int, int]]:
        """The gaps that no field covers, nested structs included: (offset, size) in bytes."""
        from pyicmp.bpf.btf.extent import holes_of

        return holes_of(self)

    def unpacker(self, *paths: str) -> Unpacker:
        """
        Return a fast reader of some fields, for records that follow each other.

        Args:
            *paths: Fields, as in :meth:`field`; none means all.

        Raises:
            LayoutError: A field is missing.
        """
        fields = [self.field(path) for path in paths] or list(self.fields)
        return Unpacker(self.name, self.size, fields)

    def pack(self, value: object = None, /, **values: object) -> bytes:
        """
        Return the bytes of one record; what is not given is zero.

        Args:
            value: For a type that is no struct, its value; else a mapping like *values*.
            **values: A value for each field; mappings for nested structs, sequences for
                arrays, text or bytes for character arrays.

        Raises:
            LayoutError: A field is missing.
            UsageError: A value does not fit; says what would.
        """
        from pyicmp.bpf.btf.pack import pack

        return pack(self, value, values)

    def __repr__(self) -> str:
        return f"<Layout {self.name} {self.size} bytes, {len(self.fields)} fields>"


def _promoted(found: Type, base: int, depth: int) -> Iterator[tuple[Member, int]]:
    """Yield named members with the bit their parent begins at, through unnamed structs."""
    if depth > MAX_DEPTH:
        raise LayoutError(f"'{found.name}' nests too deep", "its BTF is damaged")
    for member in found.members if isinstance(found, kinds.Struct) else ():
        if member.name:
            yield member, base
        elif not member.bitfield_size:
            inner = found.btf.resolve(member.type_id)
            yield from _promoted(inner, base + member.bit_offset, depth + 1)
