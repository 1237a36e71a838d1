"""Which bytes reach the kernel: the shipped ones, and no damaged or foreign ones."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pyicmp import ObjectError, bpf
from pyicmp.bpf.btf.machine import machine_name
from tests.tracing import OBJECT, ROOT, error_line, run

OTHERS = sorted({"x86_64", "arm64", "s390x", "riscv64"} - {machine_name(os.uname().machine)})


def compiled(path: Path, **environment: str) -> Path:
    subprocess.run(
        [ROOT / "scripts" / "build_bpf.sh", ROOT / "bpf" / "icmp.bpf.c", path],
        check=True,
        env={**os.environ, **environment},
    )
    return path


@pytest.fixture
def objects(tmp_path: Path) -> dict[str, Path]:
    """Files that are no object for this machine, each with why."""
    os.mkfifo(tmp_path / "fifo")
    whole = OBJECT.read_bytes()
    (tmp_path / "truncated").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("int main(void) {}\n")
    return {
        "No such file or directory": tmp_path / "absent",
        "no regular file": tmp_path / "fifo",
        "Is a directory": tmp_path,
        "it is empty": tmp_path / "empty",
        "no ELF file": tmp_path / "text",
        "x86": Path("/bin/true"),
        "cut off or damaged": tmp_path / "truncated",
    }


def test_what_is_no_object_is_refused_with_6(objects: dict[str, Path]) -> None:
    for why, path in objects.items():
        refused = run("--object", str(path))
        assert refused.process.returncode == 6, path
        assert why in error_line(refused)


@pytest.mark.parametrize("other", OTHERS)
def test_another_architectures_object_is_refused(other: str, tmp_path: Path) -> None:
    refused = run("--object", str(compiled(tmp_path / "other.bpf.o", ARCH=other)))
    assert refused.process.returncode == 6
    assert f"compiled for {other}" in error_line(refused)


def test_a_big_endian_object_is_refused(tmp_path: Path) -> None:
    big = tmp_path / "big.bpf.o"
    subprocess.run(
        [
            *"clang-19 -g -O2 --target=bpfeb -mcpu=v3 -D__TARGET_ARCH_x86 -Wno-all -I".split(),
            *(ROOT / "bpf", "-c", ROOT / "bpf" / "icmp.bpf.c", "-o", big),
        ],
        check=True,
    )
    refused = run("--object", str(big))
    assert refused.process.returncode == 6
    assert "this machine is x86_64" in error_line(refused)


def test_an_object_without_our_programs_is_refused() -> None:
    refused = run("--object", str(ROOT / "build" / "tests" / "maps.bpf.o"))
    assert refused.process.returncode == 6
    assert re.search(r"has no program \w+; it has use_maps", error_line(refused))


def test_any_truncation_is_refused() -> None:
    whole = OBJECT.read_bytes()
    for length in range(len(whole)):
        with pytest.raises(ObjectError):
            bpf.open(whole[:length])


def test_the_shipped_object_must_be_the_one_that_was_built(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for folder in ("pyicmp", "pyicmp.libs"):  # the second if the module is a wheel's
        if (ROOT / folder).exists():
            shutil.copytree(ROOT / folder, tree / folder)
    shutil.copytree(OBJECT.parent, tree / "build", ignore=lambda *_: {"venv.python3", "tests"})
    tampered = bytearray(OBJECT.read_bytes())
    tampered[-1] ^= 1
    (tree / "build" / "icmp.bpf.o").write_bytes(tampered)
    refused = subprocess.run(
        [sys.executable, "-m", "pyicmp"], cwd=tree, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 6
    assert "its SHA-256 is not the one recorded when it was built" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_build_elsewhere_has_the_same_bytes(tmp_path: Path) -> None:
    built = []
    for name in ("here", "a-rather-longer-name/there"):
        tree = tmp_path / name
        for folder in ("bpf", "scripts"):
            shutil.copytree(ROOT / folder, tree / folder)
        subprocess.run([tree / "scripts" / "build_bpf.sh"], check=True)
        built.append((tree / "build" / "icmp.bpf.o").read_bytes())
    assert built == [OBJECT.read_bytes()] * 2
    assert str(tmp_path).encode() not in built[0]
