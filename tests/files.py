"""Whole files of tests, run once more by a pytest of their own: in a guest, as they are."""

from __future__ import annotations

import subprocess
import sys

from tests.tracing import ROOT

# Guests have no numpy, whose arrays are views of the same bytes; and they are 40 times slower,
# while what 10,000 interrupts and 300 tracers in a row do is Python's part.
NOT_HERE = "not arrays and not signal_handlers and not grows"


def run_files(folder: str, *names: str, but: str = "") -> None:
    """Run ``tests/FOLDER/test_NAME.py``, without what *but* has and what guests lack."""
    files = [str(ROOT / "tests" / folder / f"test_{name}.py") for name in names]
    chosen = " and ".join(filter(None, (NOT_HERE, but)))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen]
    ran = subprocess.run([*command, *files], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
