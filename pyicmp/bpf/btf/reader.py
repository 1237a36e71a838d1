"""
BTF, the kernel's compact type information: find a type by name or id.

Nothing but the header and the place of each type is read at first, so that a whole kernel's
BTF opens in milliseconds and a lookup touches one type only.
"""

from __future__ import annotations

import sys
from array import array

from pyicmp.bpf.btf import kinds
from pyicmp.errors import ObjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterator
    from enum import IntEnum
    from typing import TypeVar, overload

    from pyicmp.bpf.btf.kinds import Type

    T = TypeVar("T", bound=Type)

MAGIC = 0xEB9F
MAX_HOPS = 64
HEADER_SIZE = 24
HEADER_SIZE_WITH_LAYOUT = 32


def _damaged(what: str, why: str = "the section is damaged or cut off") -> ObjectError:
    return ObjectError(f".BTF: {what}", why)


class Btf:
    """
    The types of one BTF blob, of either byte order.

    Args:
        data: The raw bytes: section ``.BTF`` of an object, or ``/sys/kernel/btf/vmlinux``.
        base: The kernel's BTF, where *data* is the split BTF of a module.

    Attributes:
        endian: ``"little"`` or ``"big"``.
        unknown_kind: Number of a kind that stopped the reading, or ``None``; types that
            follow it are missing.
        int_enums: The ``IntEnum`` made of each enum so far, by its id (see :mod:`.shape`).

    Raises:
        ObjectError: *data* is no BTF, or an offset or id in it leads outside.

    Example:
        >>> from pathlib import Path
        >>> btf = Btf(Path("/sys/kernel/btf/vmlinux").read_bytes())  # doctest: +SKIP
        >>> btf.find("sk_buff", Struct).size  # doctest: +SKIP
        232
    """

    __slots__ = (
        "_index", "_names", "_pointer_size", "_strings", "_words", "base", "endian", "int_enums",
        "raw", "start_id", "start_string", "unknown_kind",
    )  # fmt: skip

    def __init__(self, data: bytes, base: Btf | None = None) -> None:
        self.raw, self.base = bytes(data), base
        self.endian = self._byte_order()
        self.unknown_kind: int | None = None
        self.int_enums: dict[int, type[IntEnum]] = {}
        self._pointer_size = 0
        self.start_id = base.stop_id if base else 1
        self.start_string = base.stop_string if base else 0
        types, self._strings, layout = self._sections()
        words = array("I", types)
        if self.endian != sys.byteorder:
            words.byteswap()
        self._words = memoryview(words)
        self._index, self._names = self._scan(_sizes(layout))

    def _byte_order(self) -> str:
        for order in ("little", "big"):
            if int.from_bytes(self.raw[:2], order) == MAGIC:
                return order
        raise _damaged("no magic at its start", "these bytes are not BTF")

    def _sections(self) -> tuple[bytes, bytes, bytes]:
        """Return the types, the strings and the (newer, else empty) layout of kinds."""
        raw = self.raw
        header_size = self._word(4) if len(raw) >= HEADER_SIZE else 0
        if not HEADER_SIZE <= header_size <= len(raw):
            raise _damaged(f"{len(raw)} bytes do not hold its header")
        if raw[2] != 1:
            raise _damaged(f"version {raw[2]}", "only version 1 is known")
        type_off, type_len, str_off, str_len = (self._word(at) for at in range(8, 24, 4))
        types = self._cut("types", header_size + type_off, type_len)
        strings = self._cut("strings", header_size + str_off, str_len)
        if type_off % 4 or type_len % 4:
            raise _damaged("types are not aligned to 4 bytes")
        if strings[-1:] != b"\0" and (strings or not self.base):
            raise _damaged("strings do not end in NUL")
        layout = b""
        if header_size >= HEADER_SIZE_WITH_LAYOUT:
            layout = self._cut("layout", header_size + self._word(24), self._word(28))
        return types, strings, layout

    def _word(self, at: int) -> int:
        return int.from_bytes(self.raw[at : at + 4], self.endian)  # type: ignore[arg-type]

    def _cut(self, what: str, start: int, length: int) -> bytes:
        if start + length > len(self.raw):
            raise _damaged(f"{what} end at byte {start + length} of {len(self.raw)}")
        return self.raw[start : start + length]

    def _scan(self, sizes: dict[int, tuple[int, int]]) -> tuple[array[int], array[int]]:
        """Return for each type where it stands (in words), and its name's offset."""
        words, end, at = self._words, len(self._words), 0
        places, names = array("I"), array("I")
        add_place, add_name = places.append, names.append
        while at + 3 <= end:
            info = words[at + 1]
            size = sizes.get(info >> 24 & 0x7F)
            if size is None:
                self.unknown_kind = info >> 24 & 0x7F
                return places, names
            add_place(at)
            add_name(words[at])
            at += size[0] + size[1] * (info & 0xFFFFFF)
        if at != end:
            raise _damaged(f"type #{self.start_id + len(places) - 1} ends outside of the section")
        return places, names

    def __len__(self) -> int:
        """Return how many types this blob itself holds, without ``void`` and without *base*."""
        return len(self._index)

    @property
    def stop_id(self) -> int:
        """The first id beyond the last type."""
        return self.start_id + len(self._index)

    @property
    def stop_string(self) -> int:
        """The first string offset beyond the last string."""
        return self.start_string + len(self._strings)

    def string(self, offset: int) -> str:
        r"""Return the string at *offset*; bytes that are not UTF-8 come out as ``\xNN``."""
        if self.base and offset < self.start_string:
            return self.base.string(offset)
        start = offset - self.start_string
        if offset and start >= len(self._strings):
            raise _damaged(f"string offset {offset} of {self.stop_string}")
        end = self._strings.find(b"\0", start)
        return self._strings[start:end].decode("utf-8", "backslashreplace")

    def type(self, type_id: int) -> Type:
        """
        Return the type of number *type_id*.

        Raises:
            ObjectError: There is none.
        """
        if type_id == 0:
            return kinds.Void(self)
        if self.base and type_id < self.start_id:
            return self.base.type(type_id)
        if not self.start_id <= type_id < self.stop_id:
            known = self.unknown_kind
            why = f"kind {known} is unknown to this reader" if known else "the section is damaged"
            raise _damaged(f"type id {type_id} of {self.stop_id}", why)
        entry = kinds.Entry(self._words, self._index[type_id - self.start_id])
        return self._class(entry.words[entry.at + 1])(self, type_id, entry)

    @staticmethod
    def _class(info: int) -> builtins.type[Type]:
        number = info >> 24 & 0x7F
        return kinds.KINDS[number - 1][0] if number <= len(kinds.KINDS) else kinds.Unknown

    def __iter__(self) -> Iterator[Type]:
        """Iterate over all types of this blob, by id."""
        return map(self.type, range(self.start_id, self.stop_id))

    if TYPE_CHECKING:

        @overload
        def find(self, name: str, kind: builtins.type[T]) -> T | None: ...
        @overload
        def find(self, name: str, kind: None = None) -> Type | None: ...

    def find(self, name: str, kind: builtins.type[Type] | None = None) -> Type | None:
        """
        Return the first type called *name*, of class *kind* if given, or ``None``.

        Where no *kind* is given a struct of that name goes before a typedef, function or
        forward declaration of the same name.
        """
        found = [t for t in self.find_all(name) if kind is None or type(t) is kind]
        concrete = (t for t in found if isinstance(t, (kinds.Struct, kinds.Enum)))
        first = next(concrete, found[0] if found else None)
        return self.base.find(name, kind) if first is None and self.base else first

    def find_all(self, name: str) -> Iterator[Type]:
        """Yield every type of this blob called *name*, in order of id."""
        offsets = set(self.string_offsets(name)) if name else set()
        if not offsets.isdisjoint(self._names):
            for type_id, offset in enumerate(self._names, self.start_id):
                if offset in offsets:
                    yield self.type(type_id)

    def string_offsets(self, name: str) -> Iterator[int]:
        """Yield the offsets that read *name*, in the base as well: module BTF shares names."""
        if self.base:
            yield from self.base.string_offsets(name)
        text = name.encode("utf-8", "replace") + b"\0"
        at = self._strings.find(text)
        while at >= 0:
            # inside a longer name only if a writer lets names share their tails
            yield at + self.start_string
            at = self._strings.find(text, at + 1)

    def offsets_beginning(self, text: str) -> Iterator[int]:
        """Yield the offsets of the strings that begin with *text*: in C, some ms in a kernel's."""
        if self.base:
            yield from self.base.offsets_beginning(text)
        wanted = b"\0" + text.encode("utf-8", "replace")
        at = self._strings.find(wanted)
        while at >= 0:
            yield at + 1 + self.start_string
            at = self._strings.find(wanted, at + 1)

    def ids_by_name(self) -> dict[int, list[int]]:
        """Return the types of this blob by their name's offset; those without name are left out."""
        found: dict[int, list[int]] = {}
        for type_id, offset in enumerate(self._names, self.start_id):
            if offset:
                found.setdefault(offset, []).append(type_id)
        return found

    def has(self, kind: builtins.type[Type]) -> bool:
        """Tell whether any type of this blob is of class *kind*."""
        number = next(n for n, row in enumerate(kinds.KINDS, 1) if row[0] is kind)
        return any(self._words[at + 1] >> 24 & 0x7F == number for at in reversed(self._index))

    def names(self, kind: builtins.type[Type] | None = None) -> list[str]:
        """Return all names in use, of one class *kind* if given: slow, meant for suggestions."""
        number = {row[0]: n for n, row in enumerate(kinds.KINDS, 1)}.get(kind) if kind else None
        offsets = {
            name
            for name, at in zip(self._names, self._index, strict=True)
            if name and (kind is None or self._words[at + 1] >> 24 & 0x7F == number)
        }
        return sorted(map(self.string, offsets))

    def resolve(self, found: Type | int) -> Type:
        """
        Return what is left of a type, or type id, without typedefs and qualifiers.

        Raises:
            ObjectError: The chain runs in a circle.
        """
        found = self.type(found) if isinstance(found, int) else found
        for _ in range(MAX_HOPS):
            if not isinstance(found, (kinds.Typedef, kinds.Modifier)):
                return found
            found = found.target
        raise _damaged(f"typedefs from #{found.id} on have no end", "they run in a circle")

    def sizeof(self, found: Type | int) -> int:
        """
        Return the size of a type, or type id, in bytes, as BTF gives it.

        Raises:
            ObjectError: It has none (a function, ``void``, a forward declaration).
        """
        count = 1
        for _ in range(MAX_HOPS):
            found = self.resolve(found)
            if isinstance(found, kinds.Array):
                count, found = count * found.nelems, found.elem_id
            elif isinstance(found, kinds.Ptr):
                return count * self.pointer_size
            elif isinstance(found, (kinds.Int, kinds.Float, kinds.Struct, kinds.Enum)):
                return count * found.size
            else:
                raise _damaged(f"{found.kind} '{found.name}' has no size", "it cannot be stored")
        raise _damaged("arrays nest without end", "they run in a circle")

    @property
    def pointer_size(self) -> int:
        """Size of a pointer in bytes: that of ``long``, 8 where BTF has none (as in BPF)."""
        if not self._pointer_size:
            names = ("long unsigned int", "unsigned long", "long int", "long")
            sizes = (t.size for t in (self.find(name, kinds.Int) for name in names) if t)
            self._pointer_size = next((size for size in sizes if size in (4, 8)), 8)
        return self._pointer_size

    def __repr__(self) -> str:
        return f"<Btf {len(self)} types, {self.endian}-endian>"


def _sizes(layout: bytes) -> dict[int, tuple[int, int]]:
    """Return for each kind its fixed size and its size per element, in words."""
    sizes = {n: (3 + fixed, each) for n, (_, fixed, each) in enumerate(kinds.KINDS, 1)}
    for number, at in enumerate(range(0, len(layout) - 3, 4)):
        fixed, each = layout[at], layout[at + 1]
        if number and number not in sizes and fixed % 4 == each % 4 == 0:
            sizes[number] = (3 + fixed // 4, each // 4)
    return sizes
