"""The test objects: those that ``make`` has built, else compiled here and now."""

from __future__ import annotations

import functools
import json
import lzma
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from pyicmp.bpf.btf.kinds import Enum as Enum
from pyicmp.bpf.btf.kinds import Type
from pyicmp.bpf.btf.reader import Btf
from pyicmp.bpf.spec.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from _pytest.mark import ParameterSet

    from pyicmp.bpf.spec.elf import Section

    End = Callable[[str], Spec]

T = TypeVar("T", bound=Type)

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("types", "globals", "maps", "programs", "ring", "perf")
KERNEL_BTFS = (Path("/sys/kernel/btf/vmlinux"), *sorted(ROOT.parent.glob("shared/btf/*.xz")))
FLAGS = ("-g", "-O2", "-mcpu=v3", "-Wall", "-Werror", "-c")


_SCRATCH = tempfile.TemporaryDirectory()


def scratch() -> Path:
    """Return a directory that lives as long as the test run."""
    return Path(_SCRATCH.name)


def run(*command: object) -> bytes:
    """Run a tool and return what it prints; skip the test where it is not installed."""
    if not shutil.which(str(command[0])):
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run([str(one) for one in command], check=True, capture_output=True).stdout


@functools.cache
def raw_path(name: str, target: str = "bpf") -> Path:
    """Return an object as clang alone makes it, for ``bpf`` or ``bpfeb``."""
    made = scratch() / f"{name}.{target}.raw.o"
    made.parent.mkdir(exist_ok=True)
    source = ROOT / "tests" / "bpf" / f"{name}.bpf.c"
    arch = "-D__TARGET_ARCH_x86" if target == "bpf" else "-D__TARGET_ARCH_s390"
    run("clang-19", f"--target={target}", arch, *FLAGS, source, "-o", made)
    return made


def compiled(name: str, source: str) -> Path:
    """Return the path of an object made from *source*, which may include ``common.h``."""
    file, made = scratch() / f"{name}.c", scratch() / f"{name}.o"
    file.write_text(source)
    include = f"-I{ROOT / 'tests' / 'bpf'}"
    run("clang-19", "--target=bpfel", include, "-mcpu=v3", "-g", "-O2", "-c", file, "-o", made)
    return made


@functools.cache
def path(name: str) -> Path:
    """Return a finished little-endian object."""
    built = ROOT / "build" / "tests" / f"{name}.bpf.o"
    source = ROOT / "tests" / "bpf" / f"{name}.bpf.c"
    if built.exists() and built.stat().st_mtime >= source.stat().st_mtime:
        return built
    made = scratch() / f"{name}.bpf.o"
    run("bpftool", "gen", "object", made, raw_path(name))
    return made


def shipped() -> Path:
    """Return the object that pyicmp ships."""
    return ROOT / "build" / "icmp.bpf.o"


@functools.cache
def spec(name: str) -> Spec:
    """Return the Spec of a finished object."""
    return Spec.from_file(path(name))


@functools.cache
def big(name: str) -> Spec:
    """Return the Spec of the same source compiled for big-endian machines."""
    return Spec.from_file(raw_path(name, "bpfeb"))


@functools.cache
def kernel_btf_path(source: Path) -> Path:
    """Return *source*, unpacked if need be."""
    if source.suffix != ".xz":
        return source
    made = scratch() / source.stem
    made.write_bytes(lzma.decompress(source.read_bytes()))
    return made


@functools.cache
def kernel_btf(source: Path) -> Btf:
    """Return a kernel's BTF."""
    return Btf(kernel_btf_path(source).read_bytes())


def found(btf: Btf, name: str, kind: type[T]) -> T:
    """Return a type that must be there."""
    one = btf.find(name, kind)
    assert one is not None
    return one


def section(where: Spec, name: str) -> Section:
    """Return a section that must be there."""
    one = where.section(name)
    assert one is not None
    return one


def bpftool_dump(file: Path) -> list[dict[str, Any]]:
    """Return the types as bpftool sees them."""
    types: list[dict[str, Any]] = json.loads(run("bpftool", "btf", "dump", "file", file, "-j"))[
        "types"
    ]
    return types


def kernels() -> list[ParameterSet]:
    """Return a parameter for each kernel BTF that is here."""
    return [pytest.param(one, id=one.name) for one in KERNEL_BTFS if one.exists()]


ENDS = [pytest.param(spec, id="little"), pytest.param(big, id="big")]
