"""The reports of many kernels as a table, with what is wrong below it."""

from __future__ import annotations

from collections import Counter

from pyicmp.bpf.core.verdicts import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pyicmp.bpf.spec.spec import Spec

    Told = dict[str, Any]

__all__ = ["matrix"]

VERDICTS = ("resolved", "guarded", "fatal")
NAMES_MAX = 3


def matrix(spec: Spec, kernels: Sequence[Told]) -> Iterator[str]:
    """Yield the lines of the table: a kernel each, a program each column."""
    fits = sum(one["loads"] for one in kernels)
    yield f"{spec.name}: loads on {fits} of {len(kernels)} kernels"
    yield from ("", "programs")
    for number, program in enumerate(spec.programs.values(), 1):
        optional = "" if program.autoload else ", not loaded unless asked for"
        yield f"  {number:>2} {program.name}: {program.section}{optional}"
    width = max(12, *(len(one["btf"]) for one in kernels))
    numbers = "".join(f"{n:>5}" for n in range(1, len(spec.programs) + 1))
    yield ""
    yield f"{'kernel':<{width}}  loads resolved guarded fatal{numbers}"
    yield from (_row(one, width) for one in kernels)
    yield from _section("fatal", _fatal(kernels), len(kernels))
    yield from _section("programs and hooks", _reasons(kernels), len(kernels))


def _row(one: Told, width: int) -> str:
    counts = Counter(relocation["verdict"] for relocation in one["relocations"])
    columns = "{:>8} {:>7} {:>5}".format(*(counts[verdict] for verdict in VERDICTS))
    programs = "".join(f"{_cell(program):>5}" for program in one["programs"].values())
    return f"{one['btf']:<{width}}  {'yes' if one['loads'] else 'NO':<5} {columns}{programs}"


def _cell(program: Told) -> str:
    if not program["loads"]:
        return "NO"
    return {"present": "ok", "absent": "-", "unknown": "?"}[program["hook"]]


def _fatal(kernels: Sequence[Told]) -> dict[str, list[str]]:
    """Return what is fatal, with its line of C, and on which kernels."""
    found: dict[str, list[str]] = {}
    for kernel in kernels:
        for one in kernel["relocations"]:
            if one["verdict"] == "fatal":
                place = f"{one['program']}+{one['insn']}"
                line = f" at {one['file']}:{one['line']}" if one["line"] else ""
                found.setdefault(f"{one['access']}{line} ({one['kind']}, {place})", []).append(
                    kernel["btf"]
                )
    return found


def _reasons(kernels: Sequence[Told]) -> dict[str, list[str]]:
    """Return what is said of programs beside what is merely missing, and on which kernels."""
    found: dict[str, list[str]] = {}
    for kernel in kernels:
        for name, one in kernel["programs"].items():
            parts = [part for part in one["why"].split("; ") if not part.endswith(MISSING)]
            if any(parts):
                found.setdefault(f"{name}: {'; '.join(parts)}", []).append(kernel["btf"])
    return found


def _section(title: str, found: dict[str, list[str]], count: int) -> Iterator[str]:
    if found:
        yield from ("", title)
    for text, names in found.items():
        yield f"  {text}"
        some = ", ".join(names[:NAMES_MAX])
        more = f" and {len(names) - NAMES_MAX} more" if len(names) > NAMES_MAX else ""
        yield f"      on {'all kernels' if len(names) == count > 1 else some + more}"
