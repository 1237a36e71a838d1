"""Every relocation of an object against one kernel, in libbpf's order and by its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyicmp.bpf.core.access import Refused, parse
from pyicmp.bpf.core.match import match
from pyicmp.bpf.core.patch import patch
from pyicmp.bpf.core.value import EXISTENCE, Result, Value, evaluate

if TYPE_CHECKING:
    from pyicmp.bpf.core.access import Access
    from pyicmp.bpf.core.kernel import Kernel
    from pyicmp.bpf.spec.insn import Insn
    from pyicmp.bpf.spec.parts import Relocation
    from pyicmp.bpf.spec.spec import Spec

__all__ = ["Outcome", "resolve"]


class Outcome:
    """
    What becomes of one relocation.

    Attributes:
        relocation: Which.
        value: The kernel's number; ``None`` if the instruction is poisoned, or all refused.
        insn: The instruction with it; ``None`` likewise.
        target: What it was matched with in the kernel's types, or ``None``.
        refused: Why libbpf would refuse the object, or an empty string.
    """

    __slots__ = ("insn", "refused", "relocation", "target", "value")

    def __init__(self, relocation: Relocation) -> None:
        self.relocation, self.refused = relocation, ""
        self.value: int | None = None
        self.insn: Insn | None = None
        self.target: Access | None = None

    @property
    def poisoned(self) -> bool:
        """Whether the instruction is made invalid."""
        return self.insn is None and not self.refused

    @property
    def missing(self) -> bool:
        """Whether the kernel has no such thing."""
        return self.target is None and self.relocation.kind != "local_type_id"

    def __repr__(self) -> str:
        return f"<Outcome {self.relocation.access} {self.value} {self.refused}>"


def resolve(spec: Spec, kernel: Kernel) -> list[Outcome]:
    """
    Return an outcome for each of ``spec.relocations``, in their order.

    A match narrows down the candidates for what follows (libbpf keeps them by local type), but
    relocations of programs that are not loaded unless asked for narrow nothing for the others.

    Raises:
        ObjectError: The BTF of either side is damaged.
    """
    kept: dict[int, list[int]] = {}
    outcomes = [Outcome(one) for one in spec.relocations]
    optional = {one.name for one in spec.programs.values() if not one.autoload}
    for one in sorted(outcomes, key=lambda one: one.relocation.program in optional):
        try:
            _resolve(one, spec, kernel, kept)
        except Refused as why:
            one.refused, one.value, one.insn = str(why), None, None
    return outcomes


def _resolve(one: Outcome, spec: Spec, kernel: Kernel, kept: dict[int, list[int]]) -> None:
    core = one.relocation.core
    local = parse(spec.btf, core.type_id, core.kind, core.spec)
    if core.kind == "local_type_id":
        result = Result(Value(core.type_id, certain=False), Value(core.type_id))
    else:
        name = spec.btf.type(core.type_id).name
        if not name:
            raise Refused("the type has no name")
        if core.type_id not in kept:
            kept[core.type_id] = kernel.candidates(spec.btf.type(core.type_id))
        result = _choose(one, local, kernel, kept)
    one.insn = patch(_instruction(one.relocation), result)
    if one.insn is not None and result.new is not None:
        one.value = result.new.number


def _choose(one: Outcome, local: Access, kernel: Kernel, kept: dict[int, list[int]]) -> Result:
    """Return what all matching candidates agree on."""
    core, chosen, matching = one.relocation.core, None, []
    for number in kept[core.type_id]:
        target = match(local, core.kind, kernel.btf, number)
        if target is None:
            continue
        result = evaluate(core.kind, local, target)
        if chosen is None or one.target is None:
            chosen, one.target = result, target
        elif target.bits != one.target.bits or result.decision != chosen.decision:
            one.target = None
            raise Refused(f"the kernel has several types '{core.type_name}', and they differ")
        matching.append(number)
    kept[core.type_id] = matching or kept[core.type_id]
    return evaluate(core.kind, local, None) if chosen is None else chosen


def _instruction(relocation: Relocation) -> Insn:
    function = relocation.function
    if function is None or not 0 <= relocation.insn < len(function.insns):
        raise Refused("no function has this instruction")
    return function.insns[relocation.insn]


def is_guard(outcome: Outcome) -> bool:
    """Tell whether this asks if the kernel has something, and it has not."""
    return outcome.relocation.kind in EXISTENCE and outcome.value == 0
