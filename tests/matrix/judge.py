"""What is wrong with results: cells that are missing, not exact, or not refused as documented."""

from __future__ import annotations

from collections.abc import Iterator

from tests.matrix.axes import KERNELS, LOCKDOWNS, ROWS, WAYS
from tests.matrix.cell import Cell
from tests.matrix.page import Guest, Results


def problems(results: Results) -> Iterator[str]:
    """Yield a line for each."""
    for kernel in KERNELS:
        for lockdown in LOCKDOWNS:
            guest = results.get((kernel, lockdown))
            if guest is None:
                yield f"{kernel}, lockdown {lockdown}: not run"
            else:
                yield from _of_guest(f"{kernel}, lockdown {lockdown}", lockdown, guest)


def _of_guest(what: str, lockdown: str, guest: Guest) -> Iterator[str]:
    for (privileges, btf), row in zip(ROWS, guest.table, strict=True):
        for way, cell in zip(WAYS, row, strict=True):
            wrong = _of_cell(lockdown, privileges, btf, way, cell)
            if wrong:
                yield f"{what}, {privileges}, BTF {btf}, {way}: {wrong}: {cell}"


def _of_cell(lockdown: str, privileges: str, btf: str, way: str, cell: Cell) -> str:
    """Return what is wrong with a cell: most may be so or so, some must be as they are."""
    if not cell.right:
        return "neither exact nor refused as documented"
    if privileges == "none" and "missing CAP_BPF and CAP_PERFMON" not in cell.said:
        return "the capabilities are not what it says is missing"
    if lockdown == "confidentiality":
        return "lockdown does not forbid it" if cell.exact else ""
    if (privileges, btf, way) == ("root", "own", "auto") and not cell.exact:
        return "root can trace nothing"
    return ""
