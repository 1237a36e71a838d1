"""Whether a type of the object and one of the kernel may stand for each other."""

from __future__ import annotations

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.core.access import Refused
from pyicmp.bpf.core.names import essential, same_kind, same_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.btf.kinds import Type

__all__ = ["fields_compatible", "types_compatible"]

MAX_DEPTH = 32
MAX_HOPS = 32


def fields_compatible(local: Type, target: Type) -> bool:
    """Tell whether a member of type *local* can be one of type *target*."""
    while True:
        local, target = local.btf.resolve(local), target.btf.resolve(target)
        if isinstance(local, kinds.Struct) and isinstance(target, kinds.Struct):
            return True
        if not same_kind(local, target):
            return False
        if not (isinstance(local, kinds.Array) and isinstance(target, kinds.Array)):
            return _simple_compatible(local, target)
        local, target = local.elem, target.elem


def _simple_compatible(local: Type, target: Type) -> bool:
    if isinstance(local, (kinds.Ptr, kinds.Float)):
        return True
    if isinstance(local, (kinds.Fwd, kinds.Enum)):
        names = essential(local.name), essential(target.name)
        return "" in names or names[0] == names[1]
    return _plain_ints(local, target)


def _plain_ints(local: Type, target: Type) -> bool:
    """Tell whether both are integers, and neither is a bitfield in the manner of before 5.1."""
    ints = isinstance(local, kinds.Int) and isinstance(target, kinds.Int)
    return ints and not local.offset and not target.offset  # type: ignore[attr-defined]


def types_compatible(local: Type, target: Type, level: int = MAX_DEPTH) -> bool:
    """
    Tell whether *target*, of the same name, can be what the object calls *local*.

    Raises:
        Refused: They nest too deep for libbpf.
    """
    if not same_kind(local, target):
        return False
    for _ in range(MAX_HOPS):
        local, target = local.btf.resolve(local), target.btf.resolve(target)
        if not same_kind(local, target):
            return False
        if isinstance(local, kinds.Ptr) and isinstance(target, kinds.Ptr):
            local, target = local.target, target.target
        elif isinstance(local, kinds.Array) and isinstance(target, kinds.Array):
            local, target = local.elem, target.elem
        elif isinstance(local, kinds.FuncProto) and isinstance(target, kinds.FuncProto):
            if not _parameters_compatible(local, target, level):
                return False
            local, target = (one.btf.resolve(one.return_id) for one in (local, target))
        elif isinstance(local, kinds.Int):
            return _plain_ints(local, target)
        else:
            return isinstance(local, (kinds.Void, kinds.Struct, kinds.Enum, kinds.Fwd))
    raise Refused("the types nest too deep")


def _parameters_compatible(local: kinds.FuncProto, target: kinds.FuncProto, level: int) -> bool:
    if len(local.params) != len(target.params):
        return False
    for one, other in zip(local.params, target.params, strict=True):
        if level <= 0:
            raise Refused("the types nest too deep")
        left, right = local.btf.resolve(one.type_id), target.btf.resolve(other.type_id)
        if not types_compatible(left, right, level - 1):
            return False
    return True


def names_match(local: str, target: str) -> bool:
    """Tell whether two names match where either may be missing."""
    return same_name(local, target) if target else not local
