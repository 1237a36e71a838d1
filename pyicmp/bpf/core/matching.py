"""``bpf_core_type_matches()``: whether the kernel's type has all that the object's type has."""

from __future__ import annotations

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.core.access import Refused
from pyicmp.bpf.core.compatible import MAX_DEPTH, MAX_HOPS, names_match

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.btf.kinds import Type

__all__ = ["types_match"]


def types_match(
    local: Type, target: Type, behind_pointer: bool = False, level: int = MAX_DEPTH
) -> bool:
    """
    Tell whether *target* matches *local*, by name and in all that *local* consists of.

    Raises:
        Refused: They nest too deep for libbpf.
    """
    if level <= 0:
        raise Refused("the types nest too deep")
    for _ in range(MAX_HOPS):
        local, target = local.btf.resolve(local), target.btf.resolve(target)
        if not names_match(_name(local), _name(target)):
            return False
        if isinstance(local, kinds.Ptr) and isinstance(target, kinds.Ptr):
            behind_pointer, local, target = True, local.target, target.target
        elif isinstance(local, kinds.Array) and isinstance(target, kinds.Array):
            if local.nelems != target.nelems:
                return False
            local, target = local.elem, target.elem
        elif isinstance(local, kinds.FuncProto) and isinstance(target, kinds.FuncProto):
            if not _parameters_match(local, target, behind_pointer, level):
                return False
            local, target = (one.btf.type(one.return_id) for one in (local, target))
        else:
            return _ends_match(local, target, behind_pointer, level)
    raise Refused("the types nest too deep")


def _name(found: Type) -> str:
    return "" if isinstance(found, kinds.Void) else found.name


def _ends_match(local: Type, target: Type, behind_pointer: bool, level: int) -> bool:
    if isinstance(local, kinds.Enum):
        return isinstance(target, kinds.Enum) and _enums_match(local, target)
    if isinstance(local, (kinds.Struct, kinds.Fwd)):
        if behind_pointer:
            return _word(local) == _word(target)
        if type(local) is not type(target) or isinstance(local, kinds.Fwd):
            return type(local) is type(target) and _word(local) == _word(target)
        return _members_match(local, target, level)  # type: ignore[arg-type]
    if isinstance(local, kinds.Int):
        same = isinstance(target, kinds.Int) and local.size == target.size
        return same and local.signed == target.signed  # type: ignore[attr-defined]
    return isinstance(local, kinds.Void) and isinstance(target, kinds.Void)


def _word(found: Type) -> str:
    """Return ``struct`` or ``union``, for a declaration of one as well."""
    if isinstance(found, kinds.Fwd):
        return "union" if found.union else "struct"
    return found.kind


def _enums_match(local: kinds.Enum, target: kinds.Enum) -> bool:
    if local.size != target.size or len(local.values) > len(target.values):
        return False
    return all(any(names_match(one, other) for other in target.values) for one in local.values)


def _members_match(local: kinds.Struct, target: kinds.Struct, level: int) -> bool:
    if len(local.members) > len(target.members):
        return False
    return all(
        any(
            names_match(one.name, other.name)
            and types_match(
                local.btf.type(one.type_id), target.btf.type(other.type_id), False, level - 1
            )
            for other in target.members
        )
        for one in local.members
    )


def _parameters_match(
    local: kinds.FuncProto, target: kinds.FuncProto, behind_pointer: bool, level: int
) -> bool:
    return len(local.params) == len(target.params) and all(
        types_match(
            local.btf.type(one.type_id), target.btf.type(other.type_id), behind_pointer, level - 1
        )
        for one, other in zip(local.params, target.params, strict=True)
    )
