"""
The kinds of type that BTF knows, one small class each.

A type holds what its own entry says (names, ids, offsets) and reaches others by id through
``type.btf``: nothing is resolved before it is asked for.
"""

from __future__ import annotations

from pyicmp.errors import ObjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from pyicmp.bpf.btf.reader import Btf


class Entry:
    """Where one type stands: the words of its section, the place of the first, and ``info``."""

    __slots__ = ("at", "kind_flag", "third", "vlen", "words")

    def __init__(self, words: memoryview, at: int) -> None:
        info = words[at + 1]
        self.words, self.at = words, at
        self.vlen = info & 0xFFFFFF
        self.kind_flag = bool(info >> 31)
        self.third = words[at + 2]

    def rows(self, width: int) -> list[list[int]]:
        """Return the ``vlen`` rows of *width* words that follow the fixed part."""
        start, stop = self.at + 3, self.at + 3 + self.vlen * width
        flat = self.words[start:stop].tolist()
        return [flat[i : i + width] for i in range(0, len(flat), width)]


class Type:
    """
    Base of all kinds.

    Attributes:
        btf: The BTF that holds it.
        id: Its id there; 0 is ``void``.
        name: Its name, or an empty string.
        kind: The kernel's name of its kind: ``"struct"``, ``"typedef"`` …
    """

    __slots__ = ("btf", "id", "name")
    kind: ClassVar[str] = "void"

    def __init__(self, btf: Btf, type_id: int, entry: Entry) -> None:
        self.btf, self.id = btf, type_id
        self.name = btf.string(entry.words[entry.at])
        self._decode(entry)

    def _decode(self, entry: Entry) -> None:
        """Take what is particular to this kind from *entry*."""

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name or '(anon)'} #{self.id}>"


class Void(Type):
    """Type id 0: nothing."""

    __slots__ = ()

    def __init__(self, btf: Btf) -> None:
        self.btf, self.id, self.name = btf, 0, "void"


class Int(Type):
    """An integer: ``size`` in bytes; ``bits`` and ``offset`` differ for old-style bitfields."""

    __slots__ = ("bits", "bool", "char", "encoded_char", "offset", "signed", "size")
    kind = "int"

    def _decode(self, entry: Entry) -> None:
        word = entry.words[entry.at + 3]
        encoding = word >> 24 & 0xF
        self.size = entry.third
        self.bits, self.offset = word & 0xFF, word >> 16 & 0xFF
        self.signed = bool(encoding & 1)
        # clang leaves the char flag unset: the name is what tells
        self.encoded_char = bool(encoding & 2)
        self.char = self.encoded_char or self.name == "char"
        self.bool = bool(encoding & 4)


class Float(Type):
    """A floating point number of ``size`` bytes."""

    __slots__ = ("size",)
    kind = "float"

    def _decode(self, entry: Entry) -> None:
        self.size = entry.third


class Reference(Type):
    """A kind that leads to one other type, ``type_id``."""

    __slots__ = ("type_id",)

    def _decode(self, entry: Entry) -> None:
        self.type_id = entry.third

    @property
    def target(self) -> Type:
        """The type it leads to."""
        return self.btf.type(self.type_id)


class Ptr(Reference):
    """A pointer."""

    __slots__ = ()
    kind = "ptr"


class Typedef(Reference):
    """A second name for a type."""

    __slots__ = ()
    kind = "typedef"


class Modifier(Reference):
    """A qualifier: changes neither size nor layout."""

    __slots__ = ()


class Volatile(Modifier):
    """``volatile``."""

    __slots__ = ()
    kind = "volatile"


class Const(Modifier):
    """``const``."""

    __slots__ = ()
    kind = "const"


class Restrict(Modifier):
    """``restrict``."""

    __slots__ = ()
    kind = "restrict"


class TypeTag(Modifier):
    """``btf_type_tag("name")``, or with ``attribute`` any other attribute."""

    __slots__ = ("attribute",)
    kind = "type_tag"

    def _decode(self, entry: Entry) -> None:
        self.type_id, self.attribute = entry.third, entry.kind_flag


class Array(Type):
    """``nelems`` elements of type ``elem_id``."""

    __slots__ = ("elem_id", "index_id", "nelems")
    kind = "array"

    def _decode(self, entry: Entry) -> None:
        self.elem_id, self.index_id, self.nelems = entry.words[entry.at + 3 : entry.at + 6]

    @property
    def elem(self) -> Type:
        """The type of one element."""
        return self.btf.type(self.elem_id)


class Member:
    """A member of a struct: offsets in bits; ``bitfield_size`` is 0 unless a bitfield."""

    __slots__ = ("bit_offset", "bitfield_size", "name", "type_id")

    def __init__(self, name: str, type_id: int, bit_offset: int, bitfield_size: int) -> None:
        self.name, self.type_id = name, type_id
        self.bit_offset, self.bitfield_size = bit_offset, bitfield_size


class Struct(Type):
    """A struct: ``size`` in bytes and ``members`` in order."""

    __slots__ = ("members", "size")
    kind = "struct"

    def _decode(self, entry: Entry) -> None:
        string, self.size = self.btf.string, entry.third
        split = entry.kind_flag
        self.members = tuple(
            Member(string(name), type_id, at & 0xFFFFFF if split else at, at >> 24 if split else 0)
            for name, type_id, at in entry.rows(3)
        )


class Union(Struct):
    """A union: as a struct, its members overlap."""

    __slots__ = ()
    kind = "union"


class Enum(Type):
    """An enum of ``size`` bytes: ``values`` maps name to number, 64-bit enums as well."""

    __slots__ = ("signed", "size", "values")
    kind = "enum"

    def _decode(self, entry: Entry) -> None:
        string, self.size, self.signed = self.btf.string, entry.third, entry.kind_flag
        self.values = {
            string(name): value - (value >> 31 << 32) if self.signed else value
            for name, value in entry.rows(2)
        }


class Enum64(Enum):
    """An enum whose values need more than 32 bits."""

    __slots__ = ()
    kind = "enum64"

    def _decode(self, entry: Entry) -> None:
        string, self.size, self.signed = self.btf.string, entry.third, entry.kind_flag
        self.values = {
            string(name): (high << 32 | low) - (high >> 31 << 64 if self.signed else 0)
            for name, low, high in entry.rows(3)
        }


class Fwd(Type):
    """A struct or ``union`` that is named and not defined."""

    __slots__ = ("union",)
    kind = "fwd"

    def _decode(self, entry: Entry) -> None:
        self.union = entry.kind_flag


class Param:
    """A parameter; type id 0 without a name stands for ``...``."""

    __slots__ = ("name", "type_id")

    def __init__(self, name: str, type_id: int) -> None:
        self.name, self.type_id = name, type_id


class FuncProto(Type):
    """The signature of a function: ``return_id`` and ``params``."""

    __slots__ = ("params", "return_id")
    kind = "func_proto"

    def _decode(self, entry: Entry) -> None:
        string, self.return_id = self.btf.string, entry.third
        self.params = tuple(Param(string(name), type_id) for name, type_id in entry.rows(2))


LINKAGES = ("static", "global", "extern")


def _linkage(number: int) -> str:
    if number >= len(LINKAGES):
        raise ObjectError(f".BTF: linkage {number} is unknown", "the section is damaged")
    return LINKAGES[number]


class Func(Reference):
    """A function: ``type_id`` is its prototype, ``linkage`` static, global or extern."""

    __slots__ = ("linkage",)
    kind = "func"

    def _decode(self, entry: Entry) -> None:
        self.type_id, self.linkage = entry.third, _linkage(entry.vlen)


class Var(Reference):
    """A global variable: ``linkage`` static, global or extern."""

    __slots__ = ("linkage",)
    kind = "var"

    def _decode(self, entry: Entry) -> None:
        self.type_id, self.linkage = entry.third, _linkage(entry.words[entry.at + 3])


class SecInfo:
    """One variable in its section: offset and size in bytes."""

    __slots__ = ("offset", "size", "type_id")

    def __init__(self, type_id: int, offset: int, size: int) -> None:
        self.type_id, self.offset, self.size = type_id, offset, size


class Datasec(Type):
    """A section of variables; sizes and offsets are 0 until ``bpftool gen object`` has run."""

    __slots__ = ("secinfos", "size")
    kind = "datasec"

    def _decode(self, entry: Entry) -> None:
        self.size = entry.third
        self.secinfos = tuple(SecInfo(*row) for row in entry.rows(3))


class DeclTag(Reference):
    """``btf_decl_tag("name")`` on ``type_id``, or on its member or parameter ``component``."""

    __slots__ = ("component",)
    kind = "decl_tag"

    def _decode(self, entry: Entry) -> None:
        number = entry.words[entry.at + 3]
        self.type_id, self.component = entry.third, number - (number >> 31 << 32)


class Unknown(Type):
    """A kind newer than this reader; its ``number`` and size are known from the layout section."""

    __slots__ = ("number",)
    kind = "unknown"

    def _decode(self, entry: Entry) -> None:
        self.number = entry.words[entry.at + 1] >> 24 & 0x7F


# the order is the kernel's numbering of kinds, from 1: class, fixed words, words per element
KINDS: tuple[tuple[type[Type], int, int], ...] = (
    (Int, 1, 0),
    (Ptr, 0, 0),
    (Array, 3, 0),
    (Struct, 0, 3),
    (Union, 0, 3),
    (Enum, 0, 2),
    (Fwd, 0, 0),
    (Typedef, 0, 0),
    (Volatile, 0, 0),
    (Const, 0, 0),
    (Restrict, 0, 0),
    (Func, 0, 0),
    (FuncProto, 0, 2),
    (Var, 1, 0),
    (Datasec, 0, 3),
    (Float, 0, 0),
    (DeclTag, 1, 0),
    (TypeTag, 0, 0),
    (Enum64, 0, 3),
)
