"""The examples that need no kprobe, on the running kernel; all three are in tests/kernels too."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.kernels.test_examples import EXAMPLES, OBJECTS, test_execs
from tests.tracing import ROOT

__all__ = ["test_execs"]


def test_opens() -> None:
    pytest.importorskip("numpy")
    opener = subprocess.Popen(
        ["sh", "-c", "while :; do cat /etc/hostname; done"], stdout=subprocess.DEVNULL
    )
    try:
        counted = subprocess.run(
            [sys.executable, EXAMPLES / "opens.py", OBJECTS / "opens.bpf.o", "1"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        opener.kill()
        opener.wait()
    opens, share, word, cgroup = counted.stdout.splitlines()[0].split()
    assert int(opens) > 100
    assert float(share.rstrip("%")) > 10
    assert word == "cgroup"
    assert int(cgroup) > 0
