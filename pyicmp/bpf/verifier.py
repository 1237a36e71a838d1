"""
Reads the log of the kernel's verifier: what it rejected, where, and why. Pure.

Two forms are known. The classic one ends with a line or two of reason behind the last
instruction; Linux 7.3 adds a report with headings (``Verification failed:``, ``Reason:``,
``At:``, ``Suggestion:``).
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Rejection", "parse_log"]

_BEGIN = re.compile(r"prog '(?P<program>[^']*)': -- BEGIN PROG LOAD LOG --\n")
_END = "-- END PROG LOAD LOG --"
# "12: (79) r0 = *(u64 *)(r1 +8)   ; R0=scalar()"; libbpf writes "12: <invalid CO-RE …>".
_INSN = re.compile(r"(?P<at>\d+): (?P<text>\([0-9a-f]{2}\) .*|<invalid .*>)")
_STATE = re.compile(
    r"(?:(?:from )?\d+(?: to \d+)?(?: \([^)]*\))?: ?)?(?:frame\d+: ?)? ?(?=R\d+\w*=)"
)
_REGISTER = re.compile(r"\b(R\d+|fp-\d+)(?:_[rwDP]+)?=((?:[^\s()]|\((?:[^()]|\([^()]*\))*\))+)")
_SOURCE = re.compile(r"; (?P<text>.*?)(?: @ (?P<file>\S+):(?P<line>\d+))?$")
_RELO = re.compile(r"failed to resolve CO-RE relocation (<\w+> )?\[\d+\] (?P<field>.*?)(?: \(.*)?$")
# What the verifier says besides reasons.
_NOISE = re.compile(
    r"$|processed \d+ insns|verification time|stack depth|func#\d|arg#\d|BTF |Validating "
    r"|mark_precise|propagating|last_idx|regs=|parent (?:already|didn't)|cur state:|old state:"
    r"|caller:|callee:|to caller at|returning from|Live regs|\d+: (?:[.\d]{11}|safe)"
    r"|from \d+ to \d+(?: \([^)]*\))?: safe"
)
_HEADINGS = ("Verification failed", "Reason", "At", "Causal path", "Suggestion")


class Rejection:
    """
    Why one program was rejected.

    Attributes:
        program: Its name.
        reason: The kernel's own words, on one line.
        insn: The number of the rejecting instruction, or None if the kernel names none.
        instruction: It, as the kernel writes it: ``(79) r0 = *(u64 *)(r0 +0)``.
        source: The C line that it was compiled from; empty if the object has no line table.
        file: That line's file; empty if the kernel does not say (before 6.8).
        line: Its number there, or 0.
        registers: What the verifier knew of each register and stack slot before that
            instruction, as far as it says: ``{"R1": "ctx()", "fp-8": "0000????"}``.
        title: The report's first line, from Linux 7.3 on.
        suggestion: The kernel's own suggestion, from Linux 7.3 on.
    """

    __slots__ = (
        "file", "insn", "instruction", "line", "program", "reason", "registers", "source",
        "suggestion", "title",
    )  # fmt: skip

    def __init__(self, program: str = "") -> None:
        self.program = program
        self.reason = self.instruction = self.source = self.file = ""
        self.title = self.suggestion = ""
        self.insn: int | None = None
        self.line = 0
        self.registers: dict[str, str] = {}


def parse_log(log: str) -> Rejection | None:
    r"""
    Return what the last verifier log in *log* says, or None if there is none.

    Args:
        log: All that libbpf said, or a verifier's log alone.

    Example:
        >>> found = parse_log("0: R1=ctx()\n0: (95) exit\nR0 !read_ok\nprocessed 1 insns")
        >>> found.reason, found.insn, found.registers["R1"]
        ('R0 !read_ok', 0, 'ctx()')
    """
    begins = list(_BEGIN.finditer(log))
    text = log[begins[-1].end() :].partition(_END)[0] if begins else log
    if not begins and not re.search(r"^processed \d+ insns|^Verification failed", text, re.M):
        return None
    found = Rejection(begins[-1]["program"] if begins else "")
    classic, failed, report = text.partition("Verification failed:")
    _read_classic(found, classic)
    if failed:
        _read_report(found, dict(_sections(failed + report)))
    return found


def _read_classic(found: Rejection, text: str) -> None:
    reasons: list[str] = []
    state: dict[str, str] = {}  # after the last instruction, as said so far
    for line in text.splitlines():
        if insn := _INSN.match(line):
            found.registers = dict(state)
            found.insn = int(insn["at"])
            found.instruction, _, after = insn["text"].partition("; ")
            found.instruction = found.instruction.strip()
            _step(state, found.instruction, after)
            reasons.clear()
        elif source := _SOURCE.match(line):
            found.source, found.file = source["text"].strip(), source["file"] or ""
            found.line = int(source["line"] or 0)
        elif head := _STATE.match(line):
            if not line.startswith(" "):  # a whole state; an indented one is what changed
                state.clear()
            state.update(_REGISTER.findall(line[head.end() :]))
        elif not _NOISE.match(line.strip()):
            reasons.append(line.strip())
    found.reason = "; ".join(reasons)
    _name_field(found)
    if found.insn is None and (named := re.search(r"\binsn (\d+)", found.reason)):
        found.insn = int(named[1])


def _step(state: dict[str, str], instruction: str, after: str) -> None:
    if "call " in instruction:  # R1 to R5 are gone
        for number in range(1, 6):
            state.pop(f"R{number}", None)
    state.update(_REGISTER.findall(after))


def _name_field(found: Rejection) -> None:
    if relo := _RELO.search(found.reason):
        found.reason = f"this kernel has no {relo['field']}, which the program reads"


def _sections(report: str) -> Iterator[tuple[str, str]]:
    """Yield heading and text of each part of a report; unknown headings count as text."""
    heading, lines = "", list[str]()
    for line in report.splitlines():
        name, colon, rest = line.partition(":")
        if colon and name in _HEADINGS:
            yield heading, " ".join(lines)
            heading, lines = name, []
            line = rest
        elif re.match(r"processed \d+ insns", line):
            break
        if line.strip():
            lines.append(line.strip())
    yield heading, " ".join(lines)


def _read_report(found: Rejection, report: dict[str, str]) -> None:
    found.title = report.get("Verification failed", "")
    found.reason = report.get("Reason") or found.reason or found.title
    found.suggestion = report.get("Suggestion", "")
    where = report.get("At", "")
    named = re.search(r"\binsn (\d+)", where)
    if named and found.insn != int(named[1]):  # what was read above belongs to another one
        found.insn, found.registers = int(named[1]), {}
        shown = re.search(rf">>>\s*{named[1]} \| (\([0-9a-f]{{2}}\) .*?)(?:\s+\d+ \||$)", where)
        found.instruction = shown[1] if shown else ""
