"""Records as objects: named attributes over raw bytes, each converted when it is touched."""

from __future__ import annotations

from struct import Struct

from pyicmp.bpf.btf.shape import MAX_ELEMENTS
from pyicmp.bpf.btf.unpack import fold
from pyicmp.errors import LayoutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, ClassVar

    from pyicmp.bpf.btf.layout import Field, Layout
    from pyicmp.bpf.btf.unpack import Buffer

    Reader = Callable[[Buffer, int], Any]


class Record:
    r"""
    One record over a buffer; :func:`record_type` makes a subclass for each layout.

    Attributes are the fields of the struct: numbers as int (network order resolved), enums as
    ``IntEnum`` where the number is known, ``char[N]`` as str up to NUL (bytes that are not
    UTF-8 as ``\xNN``), ``u8[N]`` and ``in6_addr`` as bytes, nested structs as records, other
    arrays as tuples. ``record["name"]`` reaches a field whose name Python cannot spell.

    Args:
        buffer: Holds the record; not copied, so later changes to a bytearray show.
        offset: Where the record begins, in bytes.

    Raises:
        LayoutError: The buffer ends within the record.
    """

    __slots__ = ("_buffer", "_offset")
    _layout: ClassVar[Layout]
    _readers: ClassVar[dict[str, Reader]]

    def __init__(self, buffer: Buffer, offset: int = 0) -> None:
        if not 0 <= offset <= len(buffer) - self._layout.size:
            why = f"{max(0, len(buffer) - offset)} are left"
            raise LayoutError(f"'{self._layout.name}' takes {self._layout.size} bytes", why)
        self._buffer, self._offset = buffer, offset

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __getitem__(self, name: str) -> Any:
        """Return field *name*; raises LayoutError if there is none."""
        if name not in self._readers:
            self._layout.field(name)
        return self._readers[name](self._buffer, self._offset)

    def __bytes__(self) -> bytes:
        """Return the record's own bytes."""
        return bytes(self._buffer[self._offset : self._offset + self._layout.size])

    def _asdict(self) -> dict[str, Any]:
        """Return all fields by name, nested records as dictionaries."""
        return {name: _plain(self[name]) for name in self._readers}

    def _values(self) -> tuple[Any, ...]:
        return tuple([self[name] for name in self._readers])

    def __eq__(self, other: object) -> bool:
        """Records are equal if their fields are, by name and value; padding does not count."""
        if not isinstance(other, Record):
            return NotImplemented
        return [*self._readers] == [*other._readers] and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={self[name]!r}" for name in self._readers)
        return f"{self._layout.name}({fields})"


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value._asdict()
    return tuple([_plain(one) for one in value]) if isinstance(value, tuple) else value


def record_type(layout: Layout) -> type[Record]:
    """
    Return a class whose instances decode one record of *layout*, field by field on demand.

    Example:
        >>> Event = record_type(Layout.of(btf, "icmp_event"))  # doctest: +SKIP
        >>> Event(data).comm  # doctest: +SKIP
        'ping'
    """
    readers = {field.name: reader(field) for field in layout.fields}
    names: dict[str, Any] = {
        field.name: property(_getter(field, readers[field.name]))
        for field in layout.fields
        if not hasattr(Record, field.name)
    }
    kind: type[Record] = type(layout.name, (Record,), {"__slots__": (), **names})
    kind._layout, kind._readers = layout, readers
    kind.__doc__ = f"One record of {layout.size} bytes, by BTF."
    return kind


def records(kind: type[Record], buffer: Buffer, size: int, start: int = 0) -> Iterator[Record]:
    """
    Yield the records of one *kind* that begin each *size* bytes of *buffer*, from *start* on.

    Raises:
        LayoutError: *size* is less than a record takes.
    """
    if size < kind._layout.size:
        raise LayoutError(f"'{kind._layout.name}' takes {kind._layout.size} bytes", f"{size} here")
    new = object.__new__  # without __init__ for each, since what it checks is known
    for offset in range(start, len(buffer) - size + 1, size):
        record = new(kind)
        record._buffer, record._offset = buffer, offset
        yield record


def _getter(field: Field, read: Reader) -> Callable[[Record], Any]:
    shape = field.shape
    if field.bit_size or shape.dims or shape.kind not in ("int", "ptr", "bool", "float"):
        return lambda record: read(record._buffer, record._offset)
    # plain numbers are most of what is read: one call for them, not three
    order, at = "<" if shape.order == "little" else ">", field.offset
    unpack = Struct(order + shape.code).unpack_from
    return lambda record: unpack(record._buffer, record._offset + at)[0]


def reader(field: Field) -> Reader:
    """
    Return a function (buffer, offset) that gives the value of *field*.

    With ``layout.value`` for *field* it reads any type as a whole: the value of a map, of a
    global variable.
    """
    if field.bit_size:
        return _bits(field)
    at, dims, count, step = field.offset, field.shape.dims, field.shape.count, field.shape.size
    element = _element(field)
    if not dims:
        return lambda buffer, offset: element(buffer, offset + at)
    if count > MAX_ELEMENTS:
        raise LayoutError(f"'{field.name}' has {count} elements", "too many to decode one by one")

    def read(buffer: Buffer, offset: int) -> Any:
        first = offset + at
        flat = [element(buffer, where) for where in range(first, first + count * step, step or 1)]
        return fold(tuple(flat), dims)

    return read


def _element(field: Field) -> Reader:
    """Return a function (buffer, offset) for one element, at *offset* itself."""
    shape, size = field.shape, field.shape.size
    if shape.kind == "text":
        return lambda buffer, at: _text(buffer[at : at + size])
    if shape.kind == "struct":
        return _nested(field)
    if shape.kind == "bytes":
        return lambda buffer, at: bytes(buffer[at : at + size])
    if shape.kind == "wide":
        order, signed = shape.order, shape.signed
        return lambda buffer, at: int.from_bytes(buffer[at : at + size], order, signed=signed)  # type: ignore[arg-type]
    unpack = Struct(("<" if shape.order == "little" else ">") + shape.code).unpack_from
    if shape.kind == "enum":
        return _enum(field, unpack)
    return lambda buffer, at: unpack(buffer, at)[0]


def _text(raw: Buffer) -> str:
    return bytes(raw).partition(b"\0")[0].decode("utf-8", "backslashreplace")


def _nested(field: Field) -> Reader:
    made: list[type[Record]] = []

    def read(buffer: Buffer, at: int) -> Record:
        # made when first touched: most nested structs never are
        if not made:
            layout = field.layout
            assert layout
            made.append(record_type(layout))
        return made[0](buffer, at)

    return read


def _enum(field: Field, unpack: Callable[[Buffer, int], tuple[Any, ...]]) -> Reader:
    members: dict[int, Any] = {}

    def read(buffer: Buffer, at: int) -> Any:
        number = unpack(buffer, at)[0]
        if not members and (kind := field.enum):
            members.update(kind._value2member_map_)
        return members.get(number, number)

    return read


def _bits(field: Field) -> Reader:
    at, size, order = field.offset, field.size, field.btf.endian
    shift, mask = field.bit_shift(at, size), (1 << field.bit_size) - 1
    half = 1 << field.bit_size - 1 if field.shape.signed else 0

    def read(buffer: Buffer, offset: int) -> int:
        start = offset + at
        value = int.from_bytes(buffer[start : start + size], order) >> shift & mask  # type: ignore[arg-type]
        return (value ^ half) - half

    return read
