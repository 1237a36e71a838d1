"""Logs of five kernels' verifiers, read; each kind of mistake is told the same way by all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyicmp.bpf.rejections import classify, locate, rejection_error
from pyicmp.bpf.verifier import parse_log
from pyicmp.errors import VerifierError

GOLDEN = Path(__file__).parents[1] / "golden" / "verifier"
OBJECTS = Path(__file__).parents[2] / "build" / "tests" / "reject"
LOGS = sorted(GOLDEN.glob("*/*.log"))
KERNELS = ("5.10", "6.1", "6.12", "6.18", "7.2")
NEW_FORM = """\
0: R1=ctx() R10=fp0
0: (95) exit
R0 !read_ok

Verification failed: Register Type Safety: Unreadable register

Reason:
  R0 has never been initialized on this path, so the verifier cannot use it as an input.

At:
  insn 0
        | ^-- error: R0 is not readable
  Instruction context:
  >>> 0 | (95) exit

Causal path:
  no retained diagnostic events on this path

Suggestion:
  Initialize R0 on every path before this instruction.

processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
"""


def error_of(log: Path) -> VerifierError:
    error = rejection_error("cannot load it", 22, "bpf_object__load", log.read_text())
    return locate(error, (OBJECTS / f"{log.stem}.bpf.o").read_bytes())


def golden(error: VerifierError) -> str:
    """Return the fields that every kernel must tell alike."""
    return (
        f"kind         {error.kind}\n"
        f"program      {error.program}\n"
        f"instruction  {error.insn}: {error.instruction}\n"
        f"at           {error.file}:{error.line}\n"
        f"source       {error.source}\n"
        f"hint         {error.hint}\n"
    )


@pytest.mark.parametrize("log", LOGS, ids=lambda log: f"{log.parent.name}-{log.stem}")
def test_each_kernels_log_says_what_golden_says(log: Path) -> None:
    error = error_of(log)
    expected = GOLDEN / f"{log.stem}.txt"
    if os.environ.get("PYICMP_UPDATE_GOLDEN"):
        said = "".join(
            f"reason {kernel:5} {error_of(GOLDEN / kernel / log.name).reason}\n"
            for kernel in KERNELS
        )
        expected.write_text(golden(error) + said)
    text = expected.read_text()
    assert text.startswith(golden(error))
    assert f"reason {log.parent.name:5} {error.reason}\n" in text


def test_there_are_logs_of_12_kinds_from_each_kernel() -> None:
    for kernel in KERNELS:
        kinds = {error_of(log).kind for log in LOGS if log.parent.name == kernel}
        assert len(kinds - {"other"}) >= 12


@pytest.mark.parametrize("kernel", ["6.1", "6.12", "6.18", "7.2"])
def test_registers_are_those_before_the_instruction(kernel: str) -> None:
    registers = error_of(GOLDEN / kernel / "null_value.log").registers
    assert registers["R0"].startswith("map_value_or_null(id=1,")
    assert registers["R10"] == "fp0"
    assert "R1" not in registers  # the call before took it
    registers = error_of(GOLDEN / kernel / "out_of_bounds.log").registers
    assert registers["R0"].endswith("))")  # spaces within brackets are the value's


def test_the_form_of_linux_7_3() -> None:
    found = parse_log(NEW_FORM)
    assert found is not None
    assert found.title == "Register Type Safety: Unreadable register"
    assert found.reason == (
        "R0 has never been initialized on this path, so the verifier cannot use it as an input."
    )
    assert (found.insn, found.instruction) == (0, "(95) exit")
    assert found.suggestion == "Initialize R0 on every path before this instruction."
    assert found.registers == {"R1": "ctx()", "R10": "fp0"}


def test_the_form_of_linux_7_3_as_an_error() -> None:
    said = f"libbpf: prog 'one': -- BEGIN PROG LOAD LOG --\n{NEW_FORM}-- END PROG LOAD LOG --\n"
    error = rejection_error("cannot load it", 13, "bpf_object__load", said)
    assert error.kind == "uninitialised"
    assert error.hint == "Initialize R0 on every path before this instruction"
    assert str(error).count("\n") == 0
    assert "in one, instruction 0 '(95) exit': the verifier says: R0 has never been" in str(error)


def test_a_report_about_another_instruction_than_the_last() -> None:
    log = NEW_FORM.replace("insn 0", "insn 7").replace(">>> 0 |", ">>> 7 |")
    found = parse_log(log)
    assert found is not None
    assert (found.insn, found.instruction, found.registers) == (7, "(95) exit", {})


def test_without_an_instruction() -> None:
    found = parse_log("func#0 @0\nunreachable insn 4\nprocessed 0 insns (limit 1000000)\n")
    assert found is not None
    assert (found.reason, found.insn, found.instruction) == ("unreachable insn 4", 4, "")


@pytest.mark.parametrize("log", ["", "libbpf: failed to load object 'x'\n"])
def test_no_verifiers_log(log: str) -> None:
    assert parse_log(log) is None


def test_an_empty_log() -> None:
    error = rejection_error(
        "cannot load it", 22, "", "prog 'x': -- BEGIN PROG LOAD LOG --\n-- END PROG LOAD LOG --"
    )
    assert "it gave no reason" in str(error)
    assert error.kind == "other"


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("R1 unbounded memory access, make sure to bounds check any such access", "map_bounds"),
        ("The sequence of 8193 jumps is too complex.", "too_complex"),
        ("back-edge from insn 5 to 3", "too_complex"),
        ("R0 leaks addr as return value", "pointer_leak"),
        ("cannot call GPL-restricted function from non-GPL compatible program", "helper_unknown"),
        ("combined stack size of 2 calls is 544. Too large", "stack_bounds"),
        ("something that no kernel said so far", "other"),
    ],
)
def test_kinds_of_reasons(reason: str, kind: str) -> None:
    assert classify(reason)[0] == kind


def test_anything_can_be_read() -> None:
    whole = (GOLDEN / "6.12" / "unreleased.log").read_text()
    for end in range(0, len(whole), 7):
        parse_log(whole[:end])
        parse_log(whole[end:])
