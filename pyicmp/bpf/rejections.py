"""Makes a verifier's rejection an error for people: the C line, the reason, what to do."""

from __future__ import annotations

import re

from pyicmp.bpf.verifier import parse_log
from pyicmp.errors import ObjectError, VerifierError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.verifier import Rejection

__all__ = ["KINDS", "classify", "locate", "rejection_error"]

# What a reason's words mean: its kind, and what to do. The first that is found counts.
KINDS = (
    ("missing_field", r"this kernel has no ", "use an object that checks for it with"
     " bpf_core_field_exists()"),
    ("null_pointer", r"_or_null|possibly NULL|NULL pointer", "test the pointer for NULL before"
     " it is used"),
    ("packet_bounds", r"(access to|outside of the) packet", "compare the pointer plus the size"
     " with data_end first"),
    ("read_only", r"write into map forbidden|cannot write into|rdonly|read-only", "it is constant"
     " after the load: set it before, or make it no const"),
    ("map_bounds", r"access to map value|outside of the allowed memory|unbounded memory|min value"
     r" is negative", "limit the index, and test it against the array's length"),
    ("stack_bounds", r"(write to|read from|access to) stack|stack (limit|size)|invalid stack|stack"
     r" frames", "a program's stack has 512 bytes: put more into a map"),
    ("uninitialised", r"!read_ok|never been initialized|uninit", "give it a value on every path"),
    ("too_complex", r"infinite loop|back-edge|too large|too complex|complexity limit", "bound the"
     " loop by a constant, or use bpf_loop()"),
    ("helper_unknown", r"cannot use helper|unknown func|not allowed in probe|GPL-restricted|helper"
     r" call is not allowed", "this kernel lets this type of program not call it: use another"),
    ("context_access", r"bpf_context|context access|ctx is not allowed|modified ctx|ATOMIC stores"
     r" into", "read only what this kernel's context of that type holds"),
    ("unreleased", r"[Uu]nreleased|reference leak|reference has not been acquired", "release it on"
     " every path: submit or discard, bpf_sk_release(), bpf_spin_unlock() …"),
    ("return_value", r"At (program|async|callback).*(R0|register)", "return a value of that range"),
    ("pointer_arithmetic", r"pointer .?= pointer|arithmetic|math between|on pointer prohibited",
     "only add and subtract bounded numbers"),
    ("pointer_leak", r"leaks? addr|pointer leak|leaking", "keep kernel addresses in the kernel"),
    ("helper_argument", r"expected[= ]", "give the helper the type of argument that it asks for"),
    ("pointer_type", r"invalid mem access", "it is a number to the verifier: read by"
     " bpf_probe_read_kernel() or BPF_CORE_READ()"),
)  # fmt: skip


def classify(reason: str) -> tuple[str, str]:
    """
    Return the kind of a reason, and what to do about it.

    Example:
        >>> classify("R0 invalid mem access 'map_value_or_null'")[0]
        'null_pointer'
    """
    for kind, words, hint in KINDS:
        if re.search(words, reason):
            return kind, hint
    return "other", "see the whole log: error.log, or -v"


def rejection_error(what: str, errno: int, call: str, log: str) -> VerifierError:
    """Return the error for a log that holds a verifier's; see ``parse_log``."""
    found = parse_log(log)
    assert found is not None
    kind, hint = classify(found.title + " " + found.reason if found.title else found.reason)
    error = VerifierError(
        what,
        _why(found),
        found.suggestion.rstrip(".") or hint,
        errno=errno,
        call=call,
        log=log,
    )
    error.kind, error.program, error.reason = kind, found.program, found.reason
    error.insn, error.instruction, error.registers = found.insn, found.instruction, found.registers
    error.source, error.file, error.line = found.source, found.file, found.line
    return error


def _why(found: Rejection | VerifierError) -> str:
    reason = found.reason or "it gave no reason"
    place = f"{found.file}:{found.line}" if found.file else ""
    if found.source:
        place += f" '{found.source}'" if place else f"'{found.source}'"
    elif found.instruction:
        place = f"instruction {found.insn} '{found.instruction}'"
    said = reason if reason.startswith("this kernel has no") else f"the verifier says: {reason}"
    return f"in {found.program or 'the program'}{', ' + place if place else ''}: {said}"


def locate(error: VerifierError, data: bytes) -> VerifierError:
    """
    Return *error* with the C line's file and number, where the kernel gave none.

    For a field that the kernel has not got, with the C line that names the field: the compiler
    often moves the instruction that asks for its offset to an earlier line.

    Args:
        error: What the load raised.
        data: The object's bytes, whose line table has them.
    """
    known = error.file and error.kind != "missing_field"
    if known or not (error.source or error.insn is not None):
        return error
    try:
        line = _find_line(error, data)
    except ObjectError:  # no line table, or a damaged one
        return error
    if line is None:
        return error
    error.file, error.line, error.source = line
    error.why = _why(error)
    error.args = (type(error)(error.what, error.why, error.fix, errno=0).args[0],)
    return error


def _find_line(error: VerifierError, data: bytes) -> tuple[str, int, str] | None:
    from pyicmp.bpf.btf.ext import BtfExt
    from pyicmp.bpf.spec.spec import Spec

    spec = Spec.from_bytes(data)
    table, program = spec.section(".BTF.ext"), spec.programs.get(error.program)
    if table is None or program is None:
        return None
    ext = BtfExt(table.data, spec.btf)
    own = ext.lines(program.section)
    at = program.offset + 8 * (error.insn or 0)
    before = [one for one in own if program.offset <= one.offset <= at][::-1]
    # Subprograms lie behind the program, wherever they were in the file.
    everywhere = [*before, *own, *ext.lines(".text")]
    found = [one for one in everywhere if one.text.strip() == error.source] or before
    if error.kind == "missing_field":
        field = error.reason.partition(",")[0].rpartition(".")[2]
        found = [one for one in everywhere if re.search(rf"\b{field}\b", one.text)] or found
    if not found:
        return None
    return found[0].file.rpartition("/")[2], found[0].line, found[0].text.strip()
