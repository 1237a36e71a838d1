"""What ``mypy --strict`` says about a user's code: nothing if it is right, something if not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests" / "typing" / "maps_and_globals.py"
WRONG = """
from pyicmp import bpf

def use(opened: bpf.OpenObject, obj: bpf.Object) -> None:
    opened.maps["flows"].max_entries = "many"
    opened.maps["flows"].pop(1)
    opened.globals[1] = 2
    obj.maps["flows"].info.id = "x"
    obj.maps["flows"].push(1, 2)
"""


def mypy(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", "--strict", str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_right_script() -> None:
    checked = mypy(SCRIPT)
    assert checked.returncode == 0, checked.stdout


def test_a_wrong_script(tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(WRONG)
    said = mypy(path).stdout
    for number in (5, 6, 7, 8, 9):
        assert f"wrong.py:{number}: error:" in said
