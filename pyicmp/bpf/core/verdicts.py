"""Will an object load on a kernel: a verdict for each relocation and each program, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyicmp.bpf.core.externs import missing_externs
from pyicmp.bpf.core.needs import UNKNOWN, find_hook, map_type, program_type
from pyicmp.bpf.core.reach import Reach
from pyicmp.bpf.core.resolve import is_guard, resolve
from pyicmp.bpf.core.signature import check_signature
from pyicmp.bpf.spec.code import kfunc
from pyicmp.bpf.spec.helpers import HELPERS
from pyicmp.bpf.spec.insn import CALL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyicmp.bpf.core.kernel import Kernel
    from pyicmp.bpf.core.needs import Hook
    from pyicmp.bpf.core.resolve import Outcome
    from pyicmp.bpf.spec.code import Function
    from pyicmp.bpf.spec.parts import ProgramSpec
    from pyicmp.bpf.spec.spec import Spec

    Told = dict[str, Any]

__all__ = ["FATAL", "GUARDED", "MISSING", "RESOLVED", "Verdicts"]

MISSING = "this kernel has it not, or not as the program uses it"
RESOLVED, GUARDED, FATAL = "resolved", "guarded", "fatal"
# libbpf falls back to these where a kernel (before 5.5) lacks the first
FALLBACKS = {112: 4, 113: 4, 114: 45, 115: 45}


class Verdicts:
    """
    All that can be said of one object and one kernel.

    Attributes:
        kernel: Which.
        outcomes: What becomes of each relocation (:class:`.Outcome`).
        programs: What becomes of each program, by name: ``loads``, ``hook``, ``why``.
        loads: Whether libbpf and the kernel would take the object as it is.
    """

    def __init__(self, spec: Spec, kernel: Kernel) -> None:
        self.kernel, self._spec = kernel, spec
        self.outcomes = resolve(spec, kernel)
        self._patched = {_place(one): one.insn for one in self.outcomes if one.relocation.function}
        self._absent, self._refusals = missing_externs(spec, kernel)
        self._refusals += [
            f"map '{one.name}': {why}"
            for one in spec.maps.values()
            if (why := map_type(kernel, one.type))
        ]
        self._reached: set[tuple[int, int]] = set()
        self.programs = {one.name: self._program(one) for one in spec.programs.values()}
        self.loads = self._object_loads()

    def verdict(self, one: Outcome) -> str:
        """Return ``resolved``, ``guarded`` or ``fatal``."""
        if one.refused or (one.poisoned and _place(one) in self._reached):
            return FATAL
        return GUARDED if one.poisoned or is_guard(one) or one.missing else RESOLVED

    def _object_loads(self) -> bool:
        wanted = {one.name for one in self._spec.programs.values() if one.autoload}
        optional = self._spec.programs.keys() - wanted
        refused = any(
            one.refused and one.relocation.program not in optional for one in self.outcomes
        )
        return not (refused or self._refusals) and all(
            self.programs[name]["loads"] for name in wanted
        )

    def _program(self, program: ProgramSpec) -> Told:
        hook = find_hook(self.kernel, program)
        wrong = [*self._refusals, *filter(None, [program_type(self.kernel, program)])]
        notes: list[str] = []
        if hook.why and hook.state != UNKNOWN:
            (wrong if hook.must else notes).append(hook.why)
        section = self._spec.section(program.section)
        function = self._spec.code.at(section.index, program.offset // 8) if section else None
        if function:
            for known, found in zip((wrong, notes), self._inside(function, hook), strict=True):
                known += found
        return {"loads": not wrong, "hook": hook.state, "why": "; ".join([*wrong, *notes])}

    def _inside(self, function: Function, hook: Hook) -> tuple[list[str], list[str]]:
        """Return what is wrong with a program's instructions, and what is only odd."""
        places = {one.place for one in self._spec.code.reached(function)}
        own = [
            one
            for one in self.outcomes
            if one.relocation.function and one.relocation.function.place in places
        ]
        kernel = self.kernel
        reach = Reach(
            self._spec, function, self._patched, self._absent, kernel.version, kernel.lazy
        )
        self._reached |= reach.states.keys()
        wrong = [
            _told(one)
            for one in own
            if one.refused or (one.poisoned and _place(one) in reach.states)
        ]
        refused, odd = check_signature(kernel.btf, hook, reach, own)
        return [*wrong, *dict.fromkeys(self._calls(reach)), *refused], odd

    def _calls(self, reach: Reach) -> Iterator[str]:
        """Yield what is called and not there."""
        known = self.kernel.enum("bpf_func_id")
        helpers = set(known.values()) if known else None
        for place in reach.states:
            insn, function = reach.insn(place), self._spec.code.at(*place)
            if insn is None or insn.code != CALL or function is None:
                continue
            name = kfunc(function, place[1] - function.start)
            if name and name in self._absent:
                yield f"it calls {name}, which this kernel's BTF has not"
            if helpers and insn.src == 0 and FALLBACKS.get(insn.imm, insn.imm) not in helpers:
                name = HELPERS[insn.imm] if 0 <= insn.imm < len(HELPERS) else f"#{insn.imm}"
                yield f"it calls the helper {name}, which this kernel has not"


def _place(one: Outcome) -> tuple[int, int]:
    function = one.relocation.function
    return (function.section.index, function.start + one.relocation.insn) if function else (-1, -1)


def _told(one: Outcome) -> str:
    """Say what is fatal, and where in the source it stands."""
    relocation = one.relocation
    where = f" ({relocation.file}:{relocation.line})" if relocation.line else ""
    why = one.refused or MISSING
    return f"{relocation.access}{where}: {why}"
