"""Cuts a kernel's BTF to what one object asks of it: the types that ``bpftool`` would keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.btf.ext import ENUM_KINDS, FIELD_KINDS
from pyicmp.bpf.btf.write import Writer
from pyicmp.bpf.core.resolve import resolve

if TYPE_CHECKING:
    from pyicmp.bpf.btf.kinds import Type
    from pyicmp.bpf.btf.reader import Btf
    from pyicmp.bpf.core.access import Access
    from pyicmp.bpf.core.kernel import Kernel
    from pyicmp.bpf.spec.spec import Spec

__all__ = ["minimal"]


def minimal(spec: Spec, kernel: Kernel, note: str = "") -> bytes:
    """
    Return the BTF of *kernel*, cut to what *spec* needs: some hundreds of bytes.

    As ``bpftool gen min_core_btf`` does: structs keep the members that are accessed, what a
    pointer leads to is left out unless a type is asked for as a whole, and enums stay whole.

    Args:
        spec: The object.
        kernel: The kernel.
        note: A string to put in, which no type uses.
    """
    kept = Kept(kernel.btf)
    for one in resolve(spec, kernel):
        if one.target is not None:
            kept.add(one.relocation.kind, one.target)
    ids = {old: new for new, old in enumerate(sorted(kept.types), 1)}
    writer = Writer(kernel.btf.endian, ids)
    for old in ids:
        writer.add(kernel.btf.type(old), kept.members.get(old, ()))
    if note:
        writer.string(note)
    return writer.bytes()


class Kept:
    """The types, and members of structs, that stay."""

    def __init__(self, btf: Btf) -> None:
        self._btf = btf
        self.types: set[int] = set()
        self.members: dict[int, set[int]] = {}
        self._matched: set[tuple[int, bool]] = set()

    def add(self, kind: str, target: Access) -> None:
        """Keep what a relocation was matched with."""
        if kind in FIELD_KINDS:
            self._add_path(target)
        elif kind == "type_matches":
            self._add_whole(target.root, behind_pointer=False)
        else:
            self._add_type(target.root, follow=kind not in ENUM_KINDS)

    def _add_path(self, target: Access) -> None:
        """Keep each struct on the way, with the member that is taken."""
        type_id = target.root
        self._add_type(type_id, follow=False)
        for index in target.raw[1:]:
            found = self._btf.resolve(type_id)
            if isinstance(found, kinds.Struct):
                self.members.setdefault(found.id, set()).add(index)
                type_id = found.members[index].type_id
                self._add_type(type_id, follow=False)
            elif isinstance(found, kinds.Array):
                type_id = found.elem_id

    def _add_type(self, type_id: int, follow: bool) -> None:
        """Keep a type and what it consists of, members not; what it points to if *follow*."""
        todo, seen = [type_id], {0}
        while todo:
            type_id = todo.pop()
            if type_id in seen:
                continue
            seen.add(type_id)
            self.types.add(type_id)
            found = self._btf.type(type_id)
            if follow or not isinstance(found, kinds.Ptr):
                todo += _parts(found)

    def _add_whole(self, type_id: int, behind_pointer: bool) -> None:
        """Keep a type with all its members, down to what is behind pointers."""
        if not type_id or (type_id, behind_pointer) in self._matched:
            return
        self._matched.add((type_id, behind_pointer))
        self.types.add(type_id)
        found = self._btf.type(type_id)
        if isinstance(found, kinds.Struct):
            if not behind_pointer:
                self.members[type_id] = set(range(len(found.members)))
                for member in found.members:
                    self._add_whole(member.type_id, False)
            return
        behind = isinstance(found, kinds.Ptr) or (
            behind_pointer and isinstance(found, (kinds.Typedef, kinds.Modifier))
        )
        for part in _parts(found):
            self._add_whole(part, behind)


def _parts(found: Type) -> list[int]:
    """Return the types that a type is made of, other than members."""
    if isinstance(found, kinds.Array):
        return [found.elem_id, found.index_id]
    if isinstance(found, kinds.FuncProto):
        return [found.return_id, *(one.type_id for one in found.params)]
    if isinstance(found, (kinds.Ptr, kinds.Typedef, kinds.Modifier)):
        return [found.type_id]
    return []
