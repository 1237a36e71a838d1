"""Maps and global variables on each kernel: the host's tests, where batches lack or bits differ."""

from __future__ import annotations

import subprocess
import sys

from tests.tracing import ROOT

FILES = ("test_maps", "test_map_kinds", "test_map_lists", "test_open_maps", "test_globals")


def test_as_on_the_host() -> None:
    files = [ROOT / "tests" / "host" / f"{name}.py" for name in FILES]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, files)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
