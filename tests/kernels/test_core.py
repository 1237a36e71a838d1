"""What pyicmp says of each relocation beforehand, and what libbpf then does on the kernel."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.btf.reader import Btf
from pyicmp.bpf.call import last_log
from pyicmp.bpf.core.kernel import Kernel
from pyicmp.bpf.core.verdicts import Verdicts
from pyicmp.bpf.spec.spec import Spec
from tests import core_objects

DEBUG = 2
POISONED = "poisoned"
KERNEL = Kernel("here", Btf(Path("/sys/kernel/btf/vmlinux").read_bytes()))
PATCHED = re.compile(
    r"prog '(\w+)': relo #\d+: "
    r"(?:patched insn #(\d+) \(\S+\) (?:imm|imm64|off) -?\d+ -> (-?\d+)"
    r"|substituting insn #(\d+) w/ invalid insn)"
)


def libbpf(path: Path) -> tuple[bool, dict[tuple[str, int], int | str]]:
    """Return whether an object loads, and what libbpf put into each instruction."""
    data = path.read_bytes()
    pointer = lib.pyicmp_open(ffi.from_buffer(data), len(data), b"test", ffi.NULL)
    assert pointer
    lib.pyicmp_log_level = DEBUG
    lib.pyicmp_log_begin()
    loads = lib.bpf_object__load(pointer) == 0
    log = last_log()
    lib.bpf_object__close(pointer)
    done: dict[tuple[str, int], int | str] = {}
    for program, insn, value, poisoned in PATCHED.findall(log):
        # a wide load is poisoned from its second half on
        done.setdefault((program, int(insn or poisoned)), int(value) if value else POISONED)
    return loads, done


def ours(spec: Spec, verdicts: Verdicts) -> dict[tuple[str, int], int | str]:
    """Return what we expect libbpf to put into each instruction, up to where it gives up."""
    expected: dict[tuple[str, int], int | str] = {}
    optional = {one.name for one in spec.programs.values() if not one.autoload}
    for one in verdicts.outcomes:
        if one.relocation.program in optional:
            continue
        if one.refused:
            break
        value = POISONED if one.value is None else one.value
        expected[one.relocation.program, one.relocation.insn] = value
    return expected


def same(one: int | str | None, other: int | str) -> bool:
    """Compare two values; older libbpf prints 32 bits, signed."""
    if isinstance(one, int) and isinstance(other, int):
        return (one - other) % (1 << 32) == 0
    return one == other


@pytest.mark.parametrize("name", ["icmp", *core_objects.NAMES])
def test_verdicts_are_libbpfs(name: str) -> None:
    path = core_objects.SHIPPED if name == "icmp" else core_objects.path(name)
    spec = Spec.from_file(path)
    verdicts = Verdicts(spec, KERNEL)
    loads, done = libbpf(path)
    expected = ours(spec, verdicts)
    assert expected or name in core_objects.FATAL
    wrong = {
        place: (value, done.get(place))
        for place, value in expected.items()
        if not same(done.get(place), value)
    }
    assert wrong == {}
    halves = {(program, insn + 1) for program, insn in expected}
    assert set(done) - set(expected) <= halves
    assert verdicts.loads == loads
    assert loads == (name not in core_objects.FATAL)
