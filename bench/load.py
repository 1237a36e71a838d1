"""
What each program costs to load: instructions the verifier looks at, each path counted, and CPU.

``python3 -m bench.load``; ``make bench-cost`` runs it where CPU time counts instructions.
"""

from __future__ import annotations

import time

from pyicmp import bpf
from pyicmp.errors import BpfError
from pyicmp.icmp.hooks import WAYS
from pyicmp.icmp.request import Request
from tests.tracing import OBJECT


def load(names: list[str]) -> tuple[int, float]:
    """Load the programs *names* alone; return instructions verified, and milliseconds of CPU."""
    with bpf.open(OBJECT) as opened:
        for program in opened.programs.values():
            program.autoload = program.name in names
        opened.maps["counters"].max_entries = bpf.possible_cpus()
        Request().configure(opened)
        before = time.process_time()
        with opened.load() as loaded:
            took = time.process_time() - before
            return sum(loaded.programs[one].verified_insns or 0 for one in names), took * 1e3


def compare_programs() -> None:
    """Print a table of the programs of an ordinary run, by each way."""
    load([])  # what is imported at first use is
    print("\n| programs | instructions verified | CPU ms to load |")
    print("|---|---|---|")
    names = {way: [hook.program(way) or "" for hook in Request().hooks()] for way in WAYS}
    alone = dict.fromkeys(name for one in names.values() for name in one)
    rows = {"(none)": [], **{name: [name] for name in alone}}
    for label, wanted in {**rows, **{f"all by {way}": names[way] for way in WAYS}}.items():
        try:
            verified, took = load(wanted)
        except BpfError as error:
            print(f"| {label} | {error.why} | |")
        else:
            print(f"| {label} | {verified} | {took:.1f} |", flush=True)


if __name__ == "__main__":
    compare_programs()
