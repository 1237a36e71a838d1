"""Whether a program uses its hook's arguments as the kernel declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.btf.shape import c_name
from pyicmp.bpf.core.names import same_name
from pyicmp.bpf.core.values import Pointer
from pyicmp.bpf.spec.insn import LDX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyicmp.bpf.btf.reader import Btf
    from pyicmp.bpf.core.needs import Hook
    from pyicmp.bpf.core.reach import Reach
    from pyicmp.bpf.core.resolve import Outcome

__all__ = ["check_signature"]

WORD = 8


def check_signature(
    btf: Btf, hook: Hook, reach: Reach, outcomes: Iterable[Outcome]
) -> tuple[list[str], list[str]]:
    """
    Return what the verifier refuses, and what it takes and is hardly meant; as lines for people.

    The program's own parameters are gone from its bytes (they are macros over ``ctx``): what
    counts is which arguments it reads, and as pointers to what it dereferences them.
    """
    proto = hook.proto
    if proto is None:
        return [], []
    ids = [param.type_id for param in proto.params[hook.hidden :]]
    ids += [proto.return_id] if hook.returns else []
    wrong = [
        f"it reads argument {number + 1}, the kernel passes {len(ids)}"
        for number in sorted(_arguments_read(reach))
        if number >= len(ids)
    ]
    odd = [
        f"argument {number + 1} is {c_name(btf, ids[number])}, it is taken for {name} *"
        for number, name in sorted(set(_dereferenced(reach, outcomes)))
        if number < len(ids) and not _points_to(btf, ids[number], name)
    ]
    return wrong, odd


def _arguments_read(reach: Reach) -> set[int]:
    found = set()
    for place, state in reach.states.items():
        insn = reach.insn(place)
        if insn and insn.kind == LDX:
            base = state.registers[insn.src]
            if isinstance(base, Pointer) and base.to == "context":
                found.add((base.offset + insn.off) // WORD)
    return found


def _dereferenced(reach: Reach, outcomes: Iterable[Outcome]) -> Iterable[tuple[int, str]]:
    """Yield (argument, type) for each direct read of a field of an argument."""
    for one in outcomes:
        function = one.relocation.function
        if function is None or one.relocation.kind != "byte_off":
            continue
        state = reach.states.get((function.section.index, function.start + one.relocation.insn))
        insn = function.insns[one.relocation.insn]
        if state and insn.kind == LDX:
            base = state.registers[insn.src]
            if isinstance(base, Pointer) and base.to == "argument" and not base.offset:
                yield base.number, one.relocation.type_name


def _points_to(btf: Btf, type_id: int, name: str) -> bool:
    found = btf.resolve(type_id)
    if not isinstance(found, kinds.Ptr):
        return False
    pointed = btf.resolve(found.type_id)
    return not isinstance(pointed, kinds.Struct) or same_name(name, pointed.name)
