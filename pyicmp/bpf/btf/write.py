"""Writes BTF: types of another BTF under new ids, each as it was or with some of its members."""

from __future__ import annotations

from struct import pack

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.btf.reader import MAGIC
from pyicmp.errors import ObjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyicmp.bpf.btf.kinds import Type

__all__ = ["Writer"]

NUMBERS = {row[0]: number for number, row in enumerate(kinds.KINDS, 1)}
FLAG = 1 << 31


class Writer:
    """
    A BTF in the making.

    Args:
        endian: ``"little"`` or ``"big"``.
        ids: New ids by old ones; what is not in it becomes ``void``.
    """

    def __init__(self, endian: str, ids: dict[int, int]) -> None:
        self._order, self._ids = "<" if endian == "little" else ">", ids
        self._words: list[int] = []
        self._strings = bytearray(b"\0")
        self._offsets = {"": 0}

    def string(self, text: str) -> int:
        """Return the offset of a string, which is added if it is new."""
        if text not in self._offsets:
            self._offsets[text] = len(self._strings)
            self._strings += text.encode("utf-8", "surrogateescape") + b"\0"
        return self._offsets[text]

    def add(self, found: Type, members: Iterable[int] | None = None) -> None:
        """
        Add a type; of a struct only the *members* of these numbers, if given.

        Raises:
            ObjectError: Its kind cannot be written.
        """
        number = NUMBERS.get(type(found))
        if number is None:
            raise ObjectError(f".BTF: {found.kind} #{found.id} cannot be copied", "unknown kind")
        name = self.string(found.name)
        if isinstance(found, kinds.Struct):
            chosen = range(len(found.members)) if members is None else sorted(members)
            flag, third, rows = self._struct(found, chosen)
            count = len(chosen)
        else:
            flag, third, rows, count = self._other(found)
        self._words += [name, number << 24 | count | (FLAG if flag else 0), third, *rows]

    def _id(self, old: int) -> int:
        return self._ids.get(old, 0)

    def _struct(self, found: kinds.Struct, chosen: Iterable[int]) -> tuple[bool, int, list[int]]:
        own = [found.members[number] for number in chosen]
        split = any(one.bitfield_size or one.bit_offset % 8 for one in own)
        rows = []
        for one in own:
            place = one.bit_offset | (one.bitfield_size << 24 if split else 0)
            rows += [self.string(one.name), self._id(one.type_id), place]
        return split, found.size, rows

    def _other(self, found: Type) -> tuple[bool, int, list[int], int]:
        """Return flag, third word, the words after it, and the number of rows."""
        if isinstance(found, kinds.Enum):
            return self._enum(found)
        if isinstance(found, kinds.Int):
            bits = found.signed | found.encoded_char << 1 | found.bool << 2
            return False, found.size, [bits << 24 | found.offset << 16 | found.bits], 0
        if isinstance(found, kinds.Float):
            return False, found.size, [], 0
        if isinstance(found, kinds.Fwd):
            return found.union, 0, [], 0
        if isinstance(found, kinds.Array):
            words = [self._id(found.elem_id), self._id(found.index_id), found.nelems]
            return False, 0, words, 0
        if isinstance(found, kinds.FuncProto):
            rows = [
                word
                for one in found.params
                for word in (self.string(one.name), self._id(one.type_id))
            ]
            return False, self._id(found.return_id), rows, len(found.params)
        if isinstance(found, (kinds.Ptr, kinds.Typedef, kinds.Modifier)):
            flag = isinstance(found, kinds.TypeTag) and found.attribute
            return flag, self._id(found.type_id), [], 0
        raise ObjectError(f".BTF: {found.kind} #{found.id} cannot be copied", "no type of a value")

    def _enum(self, found: kinds.Enum) -> tuple[bool, int, list[int], int]:
        words = []
        for name, value in found.values.items():
            words += [self.string(name), value & 0xFFFFFFFF]
            words += [value >> 32 & 0xFFFFFFFF] if isinstance(found, kinds.Enum64) else []
        return found.signed, found.size, words, len(found.values)

    def bytes(self) -> bytes:
        """Return the BTF."""
        types = pack(f"{self._order}{len(self._words)}I", *self._words)
        header = pack(
            f"{self._order}HBBIIIII",
            *(MAGIC, 1, 0, 24, 0, len(types), len(types), len(self._strings)),
        )
        return header + types + bytes(self._strings)
