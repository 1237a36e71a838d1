"""The typed module that ``pyicmp gen`` writes."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from pyicmp.bpf.generate import class_name, generate
from pyicmp.bpf.spec.spec import Spec
from pyicmp.cli import main

ROOT = Path(__file__).parents[2]
OBJECTS = sorted([ROOT / "build" / "icmp.bpf.o", *(ROOT / "build" / "tests").glob("*.bpf.o")])


def imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_objects() -> None:
    assert len(OBJECTS) > 4


def test_every_object_gives_a_module_that_mypy_and_python_take(tmp_path: Path) -> None:
    written = []
    for number, path in enumerate(OBJECTS):
        written.append(tmp_path / f"module_{number}.py")
        assert main(["gen", str(path), "-o", str(written[-1])]) == 0
        module = imported(written[-1])
        assert module.OBJECT.resolve() == path.resolve()
        assert Spec.from_file(path).sha256 == module.SHA256
    checked = subprocess.run(
        [sys.executable, *"-m mypy --strict --config-file pyproject.toml".split(), *written],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: path.stem)
def test_it_is_stable_and_holds_no_offsets(path: Path) -> None:
    spec = Spec.from_file(path)
    text = generate(spec, "x.bpf.o")
    assert text == generate(Spec.from_bytes(path.read_bytes(), name="x.bpf.o"))
    assert not re.search(r"\boffset\b", text)
    assert len(text) < 100_000


def test_it_names_what_the_object_has(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["gen", str(ROOT / "build" / "icmp.bpf.o")]) == 0
    text = capfd.readouterr().out
    for expected in (
        'OBJECT = Path(__file__).parent / "icmp.bpf.o"',
        "class IcmpHeader(IntEnum):",
        "    ICMP_HEADER_FRAGMENT = 1",
        "class IcmpEvent(Protocol):",
        "    def header(self) -> IcmpHeader: ...",
        "    def counters(self) -> MutableMapping[int, IcmpCounters]:",
        "    def ip_rcv_core_kretprobe(self) -> bpf.OpenProgram:",
    ):
        assert expected in text
    assert "class SkBuff" not in text


def test_names_that_would_hide_others() -> None:
    assert class_name("maps") == "Maps_"
    assert class_name("event_v2") == "EventV2"


def test_a_wrong_object_is_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["gen", str(tmp_path / "absent.bpf.o")]) == 6
    assert main(["gen"]) == 2
    assert main(["gen", str(ROOT / "build" / "icmp.bpf.o"), "-o", "/nowhere/x.py"]) == 1
    err = capfd.readouterr().err
    assert err.count("\n") == 3
    assert err.count("pyicmp: error: ") == 3
