"""Which struct a ring's records are, where the object's BTF leaves no doubt."""

from __future__ import annotations

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.btf.reader import Btf
from pyicmp.bpf.host import KERNEL_BTF

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["infer_record"]

RINGS = (4, 27)  # BPF_MAP_TYPE_PERF_EVENT_ARRAY, BPF_MAP_TYPE_RINGBUF
TYPE = "type"


def infer_record(btf: Btf) -> str | None:
    """
    Return the one struct that can be what a program writes to its ring, or None.

    That takes an object with one ring, and one named struct that is neither the kernel's, nor a
    program's context, nor part of a map, of a global variable or of another struct. Anything
    else leaves a doubt.
    """
    types = [btf.type(number) for number in range(1, btf.stop_id)]
    if sum(_is_ring(found) for found in types if isinstance(found, kinds.Struct)) != 1:
        return None
    structs = {one.name for one in types if isinstance(one, kinds.Struct) and one.name}
    candidates = structs - set(_used_otherwise(types))
    if len(candidates) > 1:
        candidates -= _kernel_names(candidates)
    return candidates.pop() if len(candidates) == 1 else None


def _is_ring(found: kinds.Struct) -> bool:
    """Tell whether it defines a map as ``__uint(type, BPF_MAP_TYPE_RINGBUF)`` does."""
    for member in found.members:
        array = found.btf.resolve(member.type_id)
        array = array.target if isinstance(array, kinds.Ptr) else array
        if member.name == TYPE and isinstance(array, kinds.Array):
            return array.nelems in RINGS
    return False


def _used_otherwise(types: Iterable[kinds.Type]) -> Iterator[str]:
    """Yield names of structs within maps, variables and structs, and of programs' contexts."""
    for found in types:
        if isinstance(found, kinds.Var):
            yield from _within(found.target, through_pointers=True)
        elif isinstance(found, kinds.Struct):
            for member in found.members:
                yield from _within(found.btf.type(member.type_id))
        elif isinstance(found, kinds.Func) and found.linkage == "global":
            prototype = found.target
            for param in prototype.params if isinstance(prototype, kinds.FuncProto) else ():
                yield from _within(found.btf.type(param.type_id), through_pointers=True)


def _within(found: kinds.Type, through_pointers: bool = False) -> Iterator[str]:
    """Yield the structs that a value of this type holds, or leads to."""
    for _ in range(64):
        if isinstance(found, kinds.Array):
            found = found.elem
        elif isinstance(found, (kinds.Typedef, kinds.Modifier)) or (
            isinstance(found, kinds.Ptr) and through_pointers
        ):
            found = found.target
        else:
            break
    if isinstance(found, kinds.Struct):
        yield found.name
        if through_pointers:  # a map's definition holds pointers to its key and its value
            for member in found.members:
                yield from _within(_pointed(found.btf.type(member.type_id)))


def _pointed(found: kinds.Type) -> kinds.Type:
    return found.target if isinstance(found, kinds.Ptr) else found


def _kernel_names(names: Iterable[str]) -> set[str]:
    try:
        with open(KERNEL_BTF, "rb") as file:
            kernel = Btf(file.read())
    except OSError:
        return set()
    return {name for name in names if kernel.find(name, kinds.Struct)}
