"""The matrix: its page is made from results and read back, and every cell on it is right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.matrix.axes import EXPECTED, KERNELS, LOCKDOWNS, ROWS, WAYS
from tests.matrix.cell import Cell, parse_cell
from tests.matrix.judge import problems
from tests.matrix.page import Guest, Results, Table, page, parse

PAGE = Path(__file__).parents[2] / "docs" / "matrix.md"
EXACT = Cell(0, EXPECTED, "kretprobe")
UNABLE = Cell(4, said="pyicmp: error: cannot; no `BTF`; give it")
REFUSED = Cell(3, said="pyicmp: error: cannot load; EPERM: missing CAP_BPF and CAP_PERFMON; sudo")


def table(cell: Cell) -> Table:
    """Return a table all alike, but for those who may not."""
    return tuple(
        tuple(REFUSED if privileges == "none" else cell for _ in WAYS) for privileges, _ in ROWS
    )


def results() -> dict[tuple[str, str], Guest]:
    cells = {"none": EXACT, "integrity": EXACT, "confidentiality": UNABLE}
    return {
        (kernel, lockdown): Guest(f"{kernel}.0", table(cells[lockdown]))
        for kernel in KERNELS
        for lockdown in LOCKDOWNS
    }


def changed(cell: Cell, lockdown: str = "none") -> Results:
    """Return results with another cell for root, own BTF, by the first way."""
    found = results()
    guest = found["6.1", lockdown]
    (_, *cells), *rows = guest.table
    found["6.1", lockdown] = replace(guest, table=((cell, *cells), *rows))
    return found


def test_the_page_that_is_here_is_whole_and_right() -> None:
    text = PAGE.read_text()
    found = parse(text)
    assert list(problems(found)) == []
    assert page(found) == text


def test_a_page_is_read_as_it_was_written() -> None:
    assert parse(page(results())) == results()
    odd = changed(Cell(0, 45, "fexit", "not by kretprobe: EACCES: a | b"))
    assert parse(page(odd)) == odd


def test_what_is_equal_is_shown_once() -> None:
    text = page(results())
    assert text.count("\n## Table ") == 2
    assert text.count(UNABLE.said) == 1
    assert "| 6.1 | 6.1.0 | A | A | B |\n" in text
    assert page(changed(replace(EXACT, by="fexit"))).count("\n## Table ") == 3


def test_guests_that_have_not_run() -> None:
    found = results()
    del found["7.x", "integrity"]
    assert "| 7.x | 7.x.0 | A | not run | B |\n" in page(found)
    assert parse(page(found)) == found
    assert list(problems(found)) == ["7.x, lockdown integrity: not run"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (EXACT, "46/46 by kretprobe"),
        (Cell(0, 45, "", "not by fexit: no"), "45/46 [1]"),
        (UNABLE, "exit 4 [1]"),
        (Cell(-9), "exit -9"),
    ],
)
def test_a_cell(cell: Cell, text: str) -> None:
    assert cell.text("1" if cell.said else "") == text
    assert parse_cell(text, {"1": cell.said}) == cell


@pytest.mark.parametrize(
    "cell",
    [
        replace(EXACT, events=45),
        replace(EXACT, events=47),
        replace(UNABLE, code=1),
        replace(UNABLE, said="Traceback"),
        replace(UNABLE, said=f"{UNABLE.said}\nmore"),
        UNABLE,
    ],
)
def test_what_is_wrong_is_named(cell: Cell) -> None:
    (line,) = problems(changed(cell))
    assert line.startswith("6.1, lockdown none, root, BTF own, auto: ")


def test_lockdown_and_want_of_privileges_must_show() -> None:
    (line,) = problems(changed(EXACT, "confidentiality"))
    assert "lockdown does not forbid it" in line
    found = results()
    found["6.1", "none"] = Guest("6.1.0", tuple((EXACT,) * len(WAYS) for _ in ROWS))
    assert all("privileges" not in line and "none, BTF" in line for line in problems(found))
    assert len(list(problems(found))) == 3 * len(WAYS)
