"""Files of tests/host on each kernel: what a kernel lacks, or does another way, they say."""

from __future__ import annotations

import subprocess
import sys

from tests.tracing import ROOT

# Guests have no numpy, whose arrays are views of the same bytes; and they are 40 times slower,
# while what 10,000 interrupts and 300 tracers in a row do is Python's part.
NOT_HERE = "not arrays and not signal_handlers and not grows"


def run(*names: str) -> None:
    files = [str(ROOT / "tests" / "host" / f"test_{name}.py") for name in names]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", NOT_HERE]
    ran = subprocess.run([*command, *files], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


def test_maps_and_globals() -> None:
    run("maps", "map_kinds", "map_lists", "open_maps", "globals")


def test_rings() -> None:
    run("rings", "perf", "async", "lifecycle")


def test_without_rings() -> None:
    run("ringless")
