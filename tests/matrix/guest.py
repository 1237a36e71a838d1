"""
Walks the cells of the guest that it runs in: privileges, BTF, ways to attach.

usage: python3 -m tests.matrix.guest LOCKDOWN
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from contextlib import ExitStack, nullcontext
from dataclasses import asdict
from pathlib import Path

from pyicmp.bpf import host
from pyicmp.bpf.trials import counts_locked_memory
from tests.bpf_ids import nothing_left
from tests.matrix.axes import PINGS, PRIVILEGES, ROWS, WAYS
from tests.matrix.cell import Cell
from tests.situations import AS_USER, PARANOID, as_user_with, btf_cut, btf_hidden, holding
from tests.tracing import Run, ping, settle

REPORT = "cells.json"
SENT = Counter(
    (kind, seq) for kind in ("echo-request", "echo-reply") for seq in range(1, PINGS + 1)
)


def become(privileges: str) -> tuple[str, ...]:
    """Return what becomes a process of these privileges: README.md says which it takes."""
    if privileges == "root":
        return ()
    if privileges == "none":
        return AS_USER
    memory = ("sys_resource",) if counts_locked_memory() else ()
    return as_user_with("bpf", "perfmon", *memory)


def cell(run: Run, way: str) -> Cell:
    """End a run, and return what became of it."""
    attached = re.match("# tracing .*? via ([a-z]+)", run.stderr)
    code = run.end() if attached else run.wait()
    if code:
        return Cell(code, said=run.stderr.strip())
    seen = Counter((event["type_name"], event["seq"]) for event in run.events)
    wrong = ((SENT - seen) + (seen - SENT)).total()
    others = re.findall("^# (not by .*)", run.stderr, re.M)
    by = attached[1] if attached and way == "auto" else ""
    return Cell(code, SENT.total() - wrong, by, "; ".join(others))


def row(prefix: tuple[str, ...]) -> list[Cell]:
    """Ping while each way has a run of its own, and return what became of each."""
    with ExitStack() as stack:
        stack.enter_context(nothing_left())
        options = ("-4", "-Q", "in", "-o", "json", "--attach")
        runs = [stack.enter_context(Run(*options, way, prefix=prefix)) for way in WAYS]
        if any(run.process.poll() is None for run in runs):
            ping(PINGS)
            settle()
        return [cell(run, way) for way, run in zip(WAYS, runs, strict=True)]


def walk(privileges: str, btf: str, folder: Path) -> list[Cell]:
    """Return one row of the matrix; *folder* has what is packaged."""
    told = ("env", f"PYICMP_BTF_PATH={folder}") if btf == "packaged" else ()
    paranoid = str(PRIVILEGES[privileges])
    with (
        nullcontext() if btf == "own" else btf_hidden(),
        holding(PARANOID, paranoid),
    ):
        return row((*told, *become(privileges)))


def main(lockdown: str) -> None:
    """Walk all of them, and leave what was found for the harness to fetch."""
    assert host.lockdown() == lockdown
    rows = []
    with btf_cut() as folder:
        for privileges, btf in ROWS:
            rows.append([asdict(one) for one in walk(privileges, btf, folder)])
            print(privileges, btf, *rows[-1], sep="\n  ", flush=True)
    Path(os.environ["PYICMP_OUT"], REPORT).write_text(json.dumps(rows))


if __name__ == "__main__":
    main(sys.argv[1])
