"""Results to docs/matrix.md and back: the page is the record. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import ascii_uppercase

from tests.matrix.axes import EXPECTED, KERNELS, LOCKDOWNS, PINGS, ROWS, WAYS
from tests.matrix.cell import Cell, parse_cell

# Cells by rows and ways, in the order of the axes.
Table = tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Guest:
    """What one boot gave: the kernel's release and its cells."""

    release: str
    table: Table


# By kernel and lockdown mode.
Results = Mapping[tuple[str, str], Guest]

RUNS = len(KERNELS) * len(LOCKDOWNS) * len(ROWS) * len(WAYS)
HEAD = f"""\
# The matrix

`pyicmp trace -4 -Q in -o json --attach WAY` on each kernel, in each lockdown mode, with each
privilege, with and without BTF, by each way to attach: {RUNS} runs in booted kernels.
`make matrix` made them and wrote this page; `make matrix KERNELS="6.1"` does so for some kernels.

`{EXPECTED}/{EXPECTED}`: of {PINGS} pings over loopback {EXPECTED} messages come in; each was seen
once, by type and sequence number, and nothing else was. Else there is the [exit code](errors.md)
and, by number, the one line that was printed. After no row was a program, map or link left behind.

- **capabilities**: an ordinary user with CAP_BPF and CAP_PERFMON; where BPF memory counts as locked
  memory (before 5.11), with CAP_SYS_RESOURCE too. **paranoid** is `kernel.perf_event_paranoid`,
  which Debian sets to 3. **none**: an ordinary user.
- **BTF** of the kernel's **own**; **packaged**: hidden, and `PYICMP_BTF_PATH` has what
  [`pyicmp minbtf`](verify.md) has cut; **none**: hidden, and there is no other.
- **auto** is the first way that works; it says which that was, and why not those before it.
"""
KINDS = "\n## Which table\n\nEqual results share a table.\n\n"
SAID = "\n## Lines\n\n"


def page(results: Results) -> str:
    """Return the page."""
    guests = [results[key] for key in _keys() if key in results]
    tables = list(dict.fromkeys(guest.table for guest in guests))
    said = dict.fromkeys(cell.said for table in tables for row in table for cell in row)
    notes = {text: str(number) for number, text in enumerate(filter(None, said), 1)}
    names = dict(zip(tables, ascii_uppercase, strict=False))
    parts = [HEAD, KINDS, _row("kernel", "release", *(f"lockdown {one}" for one in LOCKDOWNS))]
    parts += [_rule(2 + len(LOCKDOWNS)), *(_kernel(name, results, names) for name in KERNELS)]
    for table, name in names.items():
        parts += [f"\n## Table {name}\n\n", *_table(table, notes)]
    parts += [SAID, *(f"{number}. `{text}`\n" for text, number in notes.items())]
    return "".join(parts)


def _keys() -> list[tuple[str, str]]:
    return [(kernel, lockdown) for kernel in KERNELS for lockdown in LOCKDOWNS]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def _rule(columns: int) -> str:
    return f"|{'---|' * columns}\n"


def _kernel(kernel: str, results: Results, names: Mapping[Table, str]) -> str:
    found = [results.get((kernel, lockdown)) for lockdown in LOCKDOWNS]
    release = next((guest.release for guest in found if guest), "")
    return _row(kernel, release, *(names[one.table] if one else "not run" for one in found))


def _table(table: Table, notes: Mapping[str, str]) -> list[str]:
    lines = [_row("privileges", "BTF", *WAYS), _rule(2 + len(WAYS))]
    for name, row in zip(ROWS, table, strict=True):
        lines.append(_row(*name, *(cell.text(notes.get(cell.said, "")) for cell in row)))
    return lines


def parse(text: str) -> dict[tuple[str, str], Guest]:
    """Return the results that a page was made of."""
    notes = dict(re.findall(r"^(\d+)\. `(.*)`$", text, re.M))
    tables = {}
    for name, body in re.findall(r"^## Table (\w)\n\n((?:\|.*\n)+)", text, re.M):
        rows = [line[2:-2].split(" | ")[2:] for line in body.splitlines()[2:]]
        tables[name] = tuple(tuple(parse_cell(cell, notes) for cell in row) for row in rows)
    found = {}
    for line in text.partition(KINDS)[2].partition("\n\n")[0].splitlines()[2:]:
        kernel, release, *names = line[2:-2].split(" | ")
        for lockdown, name in zip(LOCKDOWNS, names, strict=True):
            if name in tables:
                found[kernel, lockdown] = Guest(release, tables[name])
    return found
