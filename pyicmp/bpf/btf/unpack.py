"""
The hot path: some fields of many records, with as little Python per record as can be.

Fields of one byte order that do not overlap are read by one :class:`struct.Struct`; fields of
the other order, or that overlap, by another over the same bytes, and the rows are joined. So
``__be16`` costs no conversion in Python. What struct cannot express (cut at NUL, shift a
bitfield, fold an array) becomes one expression for the whole row.
"""

from __future__ import annotations

from operator import add, itemgetter
from struct import Struct, error

from pyicmp.bpf.btf.columns import Pass, place
from pyicmp.errors import LayoutError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pyicmp.bpf.btf.columns import Item
    from pyicmp.bpf.btf.layout import Field
    from pyicmp.bpf.btf.shape import Shape

    Buffer = bytes | bytearray | memoryview
    Row = tuple[Any, ...]


class Unpacker:
    """
    Reads the same fields from many records; made by :meth:`Layout.unpacker`.

    Values come in the order the fields were asked for: numbers as int (network order
    resolved, enums as plain numbers), text as bytes cut at NUL, nested structs and unions as
    their bytes, other arrays as tuples.

    Attributes:
        size: Bytes from one record to the next.

    Example:
        >>> unpack = layout.unpacker("pid", "comm")  # doctest: +SKIP
        >>> unpack.one(record)  # doctest: +SKIP
        (1234, b'ping')
    """

    __slots__ = ("_finish", "_first", "_rest", "name", "size")

    def __init__(self, name: str, size: int, fields: list[Field]) -> None:
        self.name, self.size = name, size
        if not size:
            raise LayoutError(f"'{name}' has no bytes", "there is nothing to unpack")
        passes: list[Pass] = []
        places = [place(passes, field, size) for field in fields]
        self._first, *self._rest = [one.compile(size) for one in passes] or [Struct(f"{size}x")]
        starts = [sum(one.width for one in passes[:n]) for n in range(len(passes) + 1)]
        columns = [starts[n] + passes[n].column(item) for n, item in places]
        values = [
            _expression(field, column, item)
            for field, column, (_, item) in zip(fields, columns, places, strict=True)
        ]
        self._finish = _finisher(values, starts[-1])

    def one(self, buffer: Buffer, offset: int = 0) -> Row:
        """
        Return the fields of the record at byte *offset*.

        Raises:
            LayoutError: The buffer ends within the record.
        """
        try:
            row = self._first.unpack_from(buffer, offset)
            for more in self._rest:
                row += more.unpack_from(buffer, offset)
        except error:
            have = memoryview(buffer).nbytes - offset
            raise LayoutError(
                f"'{self.name}' takes {self.size} bytes", f"{have} are left"
            ) from None
        return self._finish(row) if self._finish else row

    def iter(self, buffer: Buffer) -> Iterator[Row]:
        """
        Iterate over the records in *buffer*, which follow each other without a gap.

        Raises:
            UsageError: The buffer does not hold a whole number of records.
        """
        if memoryview(buffer).nbytes % self.size:
            have = memoryview(buffer).nbytes
            raise UsageError(
                f"{have} bytes are no whole number of '{self.name}'", f"one takes {self.size}"
            )
        rows: Iterator[Row] = self._first.iter_unpack(buffer)
        for more in self._rest:
            rows = map(add, rows, more.iter_unpack(buffer))
        return map(self._finish, rows) if self._finish else rows


def _expression(field: Field, column: int, item: Item) -> str:
    """Return Python for the value of *field* in row ``r``: of numbers and fixed words only."""
    shape, cell = field.shape, f"r[{column}]"
    if field.bit_size:
        return _bits(field, cell, item)
    if not shape.dims:
        return _element(shape, cell)
    cells = f"r[{column}:{column + shape.count}]"
    if shape.kind in ("text", "wide"):
        cells = f"tuple([{_element(shape, 'c')} for c in {cells}])"
    return f"fold({cells}, {shape.dims})" if len(shape.dims) > 1 else cells


def _element(shape: Shape, cell: str) -> str:
    if shape.kind == "text":
        return f"{cell}.partition(b'\\0')[0]"
    if shape.kind == "wide":
        return f"from_bytes({cell}, '{shape.order}', signed={bool(shape.signed)})"
    return cell


def _bits(field: Field, cell: str, item: Item) -> str:
    if item.code.endswith("s"):
        cell = f"from_bytes({cell}, '{field.btf.endian}')"
    shift = field.bit_shift(item.start, item.end - item.start)
    value = f"({cell} >> {shift} & {(1 << field.bit_size) - 1})"
    half = 1 << field.bit_size - 1
    return f"({value} ^ {half}) - {half}" if field.shape.signed else value


def fold(flat: Row, dims: tuple[int, ...]) -> Row:
    """Return *flat* as tuples within tuples, the outermost of ``dims[0]`` elements."""
    for dim in reversed(dims[1:]):
        flat = tuple(flat[at : at + dim] for at in range(0, len(flat), dim or 1))
    return flat


def _finisher(values: list[str], width: int) -> Callable[[Row], Row] | None:
    """Return what makes the asked values of a row, or nothing where the row is right as it is."""
    if values == [f"r[{column}]" for column in range(width)]:
        return None
    plain = [value[2:-1] for value in values if value[2:-1].isdigit()]
    if len(plain) == len(values) > 1:
        return itemgetter(*map(int, plain))
    names = {"fold": fold, "from_bytes": int.from_bytes, "tuple": tuple, "__builtins__": {}}
    finish: Callable[[Row], Row] = eval(  # noqa: S307 - made of column numbers and fixed words
        f"lambda r: ({', '.join(values)},)", names
    )
    return finish
