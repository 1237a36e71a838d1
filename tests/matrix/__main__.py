"""
Boots each kernel in each lockdown mode, walks the matrix there, and writes docs/matrix.md.

usage: python3 -m tests.matrix [KERNEL…]
"""

from __future__ import annotations

import json
import sys

from tests.kernels.harness.archive import locked, say
from tests.kernels.harness.boot import GuestError, Job, boot
from tests.kernels.harness.overlay import PROJECT
from tests.kernels.harness.table import HarnessError, kernel_named
from tests.matrix.axes import KERNELS, LOCKDOWNS
from tests.matrix.cell import Cell
from tests.matrix.guest import REPORT
from tests.matrix.judge import problems
from tests.matrix.page import Guest, page, parse

PAGE = PROJECT / "docs" / "matrix.md"
TIMEOUT = 1800


def walk(series: str, lockdown: str) -> Guest:
    """Boot one guest, and return what it found."""
    kernel = kernel_named(series)
    append = "" if lockdown == "none" else f"lockdown={lockdown}"
    command = ("python3", "-m", "tests.matrix.guest", lockdown)
    result = boot(Job(kernel, command, append=append, timeout=TIMEOUT))
    if result.rc:
        raise GuestError(kernel, f"the matrix ended with {result.rc}", result.console)
    rows = json.loads(result.files[REPORT])
    table = tuple(tuple(Cell(**cell) for cell in row) for row in rows)
    return Guest(result.release, table)


def record(series: str, lockdown: str, guest: Guest) -> None:
    """Put a guest's results into the page; others may be doing so at the same time."""
    with locked("lock-matrix"):
        results = parse(PAGE.read_text()) if PAGE.exists() else {}
        PAGE.write_text(page({**results, (series, lockdown): guest}))


def main(names: list[str]) -> int:
    """Walk all, and return whether something is not as it must be."""
    failed = 0
    for series in names or KERNELS:
        for lockdown in LOCKDOWNS:
            say(f"{series}, lockdown {lockdown}")
            try:
                record(series, lockdown, walk(series, lockdown))
            except HarnessError as error:
                say(str(error))
                failed = 1
    wrong = list(problems(parse(PAGE.read_text())))
    for line in wrong:
        say(line)
    return int(failed or bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
