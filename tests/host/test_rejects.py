"""What this kernel's verifier rejects is told as the golden files say, with the whole log."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyicmp import ObjectError, VerifierError, bpf
from tests.attaching import bpf_descriptors

OBJECTS = Path(__file__).parents[2] / "build" / "tests" / "reject"
GOLDEN = Path(__file__).parents[1] / "golden" / "verifier"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.txt"))


def rejected(name: str) -> VerifierError:
    with pytest.raises(VerifierError) as caught, bpf.open(OBJECTS / f"{name}.bpf.o") as opened:
        opened.load()
    return caught.value


@pytest.mark.parametrize("name", NAMES)
def test_rejected_as_golden_says(name: str) -> None:
    before = bpf_descriptors()
    error = rejected(name)
    said = (
        f"kind         {error.kind}\n"
        f"program      {error.program}\n"
        f"instruction  {error.insn}: {error.instruction}\n"
        f"at           {error.file}:{error.line}\n"
        f"source       {error.source}\n"
        f"hint         {error.hint}\n"
    )
    assert (GOLDEN / f"{name}.txt").read_text().startswith(said)
    assert error.reason in str(error)
    assert f"{name}.bpf.c:{error.line}" in str(error)
    assert bpf_descriptors() == before


def test_a_log_of_megabytes_is_whole() -> None:
    error = rejected("long_log")
    assert len(error.log) > 100_000  # 5.10 leaves out most, later kernels write 5 MB
    assert "BEGIN PROG LOAD LOG" in error.log[:200]
    assert "processed 80002 insns" in error.log
    assert (error.kind, error.source) == ("uninitialised", 'asm volatile("%0 = r7" : "=r"(sum));')


def test_log_level_2_tells_all_registers() -> None:
    with bpf.open(OBJECTS / "null_value.bpf.o") as opened:
        opened.programs["reject"].set_log_level(2)
        with pytest.raises(VerifierError) as caught:
            opened.load()
    assert caught.value.registers["R0"].startswith("map_value_or_null(")


def test_a_wrong_name_is_answered_by_the_right_one() -> None:
    with bpf.open(OBJECTS / "null_value.bpf.o") as opened:
        with pytest.raises(ObjectError, match="did you mean reject"):
            opened.programs["rejekt"]
        with pytest.raises(ObjectError, match="did you mean tables"):
            opened.maps["table"]
