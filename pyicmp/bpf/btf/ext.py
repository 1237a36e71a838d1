"""``.BTF.ext``: the source line, function type and CO-RE relocation of an instruction."""

from __future__ import annotations

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.btf.shape import c_name
from pyicmp.errors import ObjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyicmp.bpf.btf.kinds import Type
    from pyicmp.bpf.btf.reader import Btf

    Rows = dict[str, list[tuple[int, ...]]]

MAGIC = 0xEB9F
HEADER_SIZE = 24
HEADER_SIZE_WITH_CORE = 32
# the kernel's enum bpf_core_relo_kind, named as libbpf prints it
CORE_KINDS = (
    "byte_off", "byte_sz", "field_exists", "signed", "lshift_u64", "rshift_u64",
    "local_type_id", "target_type_id", "type_exists", "type_size", "enumval_exists",
    "enumval_value", "type_matches",
)  # fmt: skip
FIELD_KINDS = CORE_KINDS[:6]
ENUM_KINDS = CORE_KINDS[10:12]


def _damaged(what: str) -> ObjectError:
    return ObjectError(f".BTF.ext: {what}", "the section is damaged or cut off")


class LineInfo:
    """The source of the instruction at byte ``offset`` of its section: file, text, line, column."""

    __slots__ = ("column", "file", "line", "offset", "text")

    def __init__(self, btf: Btf, row: tuple[int, ...]) -> None:
        self.offset, place = row[0], row[3]
        self.file, self.text = btf.string(row[1]), btf.string(row[2])
        self.line, self.column = place >> 10, place & 0x3FF


class CoreRelo:
    """
    A place that libbpf adapts to the running kernel.

    Attributes:
        offset: The instruction, in bytes from the start of its section.
        kind: What is asked of the kernel's type: ``"byte_off"``, ``"field_exists"`` …
        type_id: The object's type that it begins at.
        spec: The steps from there, as numbers: ``"0:3:1"``.
        type_name: The type, without ``struct``.
        access: The field in C's words, e.g. ``"sk_buff.network_header"``.
    """

    __slots__ = ("access", "kind", "offset", "spec", "type_id", "type_name")

    def __init__(self, btf: Btf, row: tuple[int, ...]) -> None:
        self.offset, type_id, access, kind = row
        self.type_id = type_id
        self.kind = CORE_KINDS[kind] if kind < len(CORE_KINDS) else f"kind {kind}"
        self.spec = btf.string(access)
        found = btf.type(type_id)
        self.type_name = found.name or c_name(btf, type_id)
        self.access = access_text(btf, found, self.spec, self.kind)


class BtfExt:
    """
    The three tables of ``.BTF.ext``, by section name.

    Args:
        data: The section's bytes.
        btf: The object's BTF, which holds the strings and types.

    Attributes:
        funcs: For each section (byte offset, id of the function's type), in order.

    Raises:
        ObjectError: A table leads outside of the section, or is of an unknown form.
    """

    __slots__ = ("_core", "_data", "_lines", "btf", "endian", "funcs")

    def __init__(self, data: bytes, btf: Btf) -> None:
        self._data, self.btf = data, btf
        self.endian = "little" if data[:2] == MAGIC.to_bytes(2, "little") else "big"
        if self._int(0, 2) != MAGIC or len(data) < HEADER_SIZE or data[2] != 1:
            raise _damaged("it has no header of version 1")
        size = self._int(4)
        if not HEADER_SIZE <= size <= len(data):
            raise _damaged(f"its header ends at byte {size} of {len(data)}")
        core = size >= HEADER_SIZE_WITH_CORE
        self.funcs = self._table("func_info", size, 8, 2)
        self._lines = self._table("line_info", size, 16, 4)
        self._core = self._table("core_relo", size, 24, 4) if core else {}

    def _int(self, at: int, size: int = 4) -> int:
        return int.from_bytes(self._data[at : at + size], self.endian)  # type: ignore[arg-type]

    def _table(self, what: str, header: int, at: int, width: int) -> Rows:
        """Return the rows of one table, the first *width* words of each."""
        start, length = header + self._int(at), self._int(at + 4)
        if start + length > len(self._data):
            raise _damaged(f"{what} ends at byte {start + length} of {len(self._data)}")
        if not length:
            return {}
        size, end, at = self._int(start), start + length, start + 4
        if length < 4 or size < 4 * width or size % 4:
            raise _damaged(f"{what} has records of {size} bytes")
        rows: Rows = {}
        while at < end:
            name, count = self._int(at), self._int(at + 4)
            stop = at + 8 + count * size
            if not count or stop > end:
                raise _damaged(f"{what} has {count} records where {(end - at - 8) // size} fit")
            known = rows.setdefault(self.btf.string(name), [])
            known += [
                tuple([self._int(one + 4 * n) for n in range(width)])
                for one in range(at + 8, stop, size)
            ]
            at = stop
        return rows

    def lines(self, section: str) -> list[LineInfo]:
        """Return the line information of a section, in order of offset."""
        return [LineInfo(self.btf, row) for row in sorted(self._lines.get(section, []))]

    @property
    def sections(self) -> list[str]:
        """The sections that have CO-RE relocations."""
        return list(self._core)

    def core_relos(self, section: str) -> list[CoreRelo]:
        """Return the CO-RE relocations of a section, in order of offset."""
        return [CoreRelo(self.btf, row) for row in sorted(self._core.get(section, []))]


def access_text(btf: Btf, root: Type, spec: str, kind: str) -> str:
    """
    Return a CO-RE access string (``"0:3:1"``) in C's words (``"sk_buff.cb[1]"``).

    Raises:
        ObjectError: The string does not fit the type.
    """
    name = root.name or c_name(btf, root.id)
    if kind not in FIELD_KINDS and kind not in ENUM_KINDS:
        return name
    try:
        steps = [int(part) for part in spec.split(":")]
    except ValueError:
        raise _damaged(f"access string '{spec}' is not made of numbers") from None
    found = btf.resolve(root)
    if kind in ENUM_KINDS:
        values = list(found.values) if isinstance(found, kinds.Enum) else []
        if not 0 <= steps[0] < len(values):
            raise _damaged(f"'{name}' has no value number {spec}")
        return f"{name}::{values[steps[0]]}"
    first = f"[{steps[0]}]" if steps[0] else ""
    return name + first + "".join(_steps(btf, found, steps[1:]))


def _steps(btf: Btf, found: Type, steps: list[int]) -> Iterator[str]:
    for step in steps:
        if isinstance(found, kinds.Struct) and 0 <= step < len(found.members):
            member = found.members[step]
            if member.name:
                yield f".{member.name}"
            found = btf.resolve(member.type_id)
        elif isinstance(found, kinds.Array):
            yield f"[{step}]"
            found = btf.resolve(found.elem_id)
        else:
            raise _damaged(f"an access string leads nowhere in {found.kind} '{found.name}'")
