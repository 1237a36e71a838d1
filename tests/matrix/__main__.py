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
from tests.kernels.harness.plan import select
from tests.kernels.harness.table import HarnessError, Kernel
from tests.matrix.axes import KERNELS, LOCKDOWNS
from tests.matrix.cell import Cell
from tests.matrix.guest import REPORT
from tests.matrix.judge import problems
from tests.matrix.page import Guest, page, parse

PAGE = PROJECT / "docs" / "matrix.md"
TIMEOUT = 1800


def walk(kernel: Kernel, lockdown: str) -> Guest:
    """Boot one guest, and return what it found."""
    append = "" if lockdown == "none" else f"lockdown={lockdown}"
    command = ("python3", "-m", "tests.matrix.guest", lockdown)
    result = boot(Job(kernel, command, append=append, timeout=TIMEOUT))
    if result.rc:
        raise GuestError(kernel, f"the matrix ended with {result.rc}", result.console)
    rows = json.loads(result.files[REPORT])
    table = tuple(tuple(Cell(**cell) for cell in row) for row in rows)
    return Guest(result.release, table)


def record(kernel: Kernel, lockdown: str, guest: Guest) -> None:
    """Put a guest's results into the page; others may be doing so at the same time."""
    with locked("lock-matrix"):
        results = parse(PAGE.read_text()) if PAGE.exists() else {}
        PAGE.write_text(page({**results, (kernel.series, lockdown): guest}))


def main(names: list[str]) -> int:
    """Walk all, or the kernels of these names, and return whether something is not as it must."""
    wrong = []
    chosen = select(names)
    for kernel in select(KERNELS):
        for lockdown in LOCKDOWNS if kernel in chosen else ():
            say(f"{kernel.series}, lockdown {lockdown}")
            try:
                record(kernel, lockdown, walk(kernel, lockdown))
            except HarnessError as error:
                wrong.append(str(error))
    wrong += problems(parse(PAGE.read_text()))
    for line in wrong:
        say(line)
    return int(bool(wrong))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except HarnessError as error:
        say(str(error))
        sys.exit(2)
