"""Finds in a candidate type of the kernel what the object accesses in its own."""

from __future__ import annotations

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.btf.ext import ENUM_KINDS, FIELD_KINDS
from pyicmp.bpf.core.access import Access, Point, flexible
from pyicmp.bpf.core.compatible import fields_compatible, types_compatible
from pyicmp.bpf.core.matching import types_match
from pyicmp.bpf.core.names import same_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.btf.kinds import Type
    from pyicmp.bpf.btf.reader import Btf

__all__ = ["match"]


def match(local: Access, kind: str, btf: Btf, target_id: int) -> Access | None:
    """
    Return the access to type *target_id* that corresponds to *local*, or ``None``.

    Raises:
        Refused: libbpf cannot tell.
    """
    target = Access(btf, target_id)
    if kind in FIELD_KINDS:
        return target if _follow(local, target) else None
    if kind in ENUM_KINDS:
        return target if _enum_value(local, target) else None
    compare = types_match if kind == "type_matches" else types_compatible
    return target if compare(local.btf.type(local.root), btf.type(target_id)) else None


def _enum_value(local: Access, target: Access) -> bool:
    found = target.btf.resolve(target.root)
    if isinstance(found, kinds.Enum):
        for index, name in enumerate(found.values):
            if same_name(local.points[0].name, name):
                target.step(index)
                target.points.append(Point(found.id, index, name))
                return True
    return False


def _follow(local: Access, target: Access) -> bool:
    """Take each step of *local* in *target*; false where one leads nowhere."""
    found: Type | None = target.btf.type(target.root)
    for number, point in enumerate(local.points):
        if found is None:
            return False
        found = target.btf.resolve(found)
        if point.name:
            owner = local.btf.type(point.type_id)
            member = owner.members[point.number]  # type: ignore[attr-defined]
            found = _member(target, found, point.name, local.btf.type(member.type_id))
        else:
            found = found if number == 0 else _element(target, found, point.number)
            if found is not None:
                target.element(found.id, point.number)
    return found is not None


def _element(target: Access, found: Type, index: int) -> Type | None:
    if not isinstance(found, kinds.Array):
        return None
    last = target.points[-1]
    if index >= found.nelems and not flexible(target.btf, last, found):
        return None
    return target.btf.resolve(found.elem_id)


def _member(target: Access, found: Type, name: str, local: Type) -> Type | None:
    """Step to member *name* of a struct or of the unnamed ones in it; its type, or ``None``."""
    path = _search(target, found, name, 0)
    if path is None:
        return None
    for owner, index in path:
        target.raw.append(index)
        target.bits += owner.members[index].bit_offset
    owner, index = path[-1]
    target.points.append(Point(owner.id, index, name))
    reached = target.btf.type(owner.members[index].type_id)
    return reached if fields_compatible(local, reached) else None


def _search(
    target: Access, found: Type, name: str, depth: int
) -> list[tuple[kinds.Struct, int]] | None:
    """Return the way to the first member *name*: (struct, index), through unnamed members."""
    found = target.btf.resolve(found)
    if not isinstance(found, kinds.Struct):
        return None
    for index, member in enumerate(found.members):
        target.room(depth + 1)
        if member.name == name:
            return [(found, index)]
        if not member.name:
            way = _search(target, target.btf.type(member.type_id), name, depth + 1)
            if way is not None:
                return [(found, index), *way]
    return None
