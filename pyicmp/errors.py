"""
Every error that pyicmp raises, as one tree.

::

    PyicmpError                     what; why; what to do
    ├── UsageError                  an argument that cannot be meant
    ├── ObjectError                 the bytes are no usable BPF object
    │   └── LayoutError             a type in its BTF is missing or cannot be decoded
    ├── BpfError (also OSError)     libbpf or the kernel said no: .errno .call .hint .log
    │   ├── VerifierError           the kernel's verifier rejected a program
    │   ├── NotPermitted            a privilege is missing
    │   └── NotSupported            this kernel has not got it
    └── LifecycleError              the right call at the wrong time

``str(error)`` is always one line, ``what; why; what to do``, with nothing in it that a
terminal would act on.
"""

from __future__ import annotations

__all__ = [
    "BpfError",
    "LayoutError",
    "LifecycleError",
    "NotPermitted",
    "NotSupported",
    "ObjectError",
    "PyicmpError",
    "UsageError",
    "VerifierError",
    "printable",
]


def printable(text: str | bytes) -> str:
    r"""
    Return *text* with everything but printable ASCII written as ``\xNN``.

    Interface names, process names and packet bytes may hold terminal control sequences
    (CWE-150); C1 controls (0x80-0x9f) count as such.

    Example:
        >>> printable(b"eth\x1b[2J")
        'eth\\x1b[2J'
    """
    raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    if raw.isascii() and (plain := raw.decode("ascii")).isprintable():
        return plain
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}" for byte in raw)


class PyicmpError(Exception):
    """
    Base of all errors; never raised itself.

    Args:
        what: What failed.
        why: The cause, as far as it is known.
        fix: What the reader can do about it.
    """

    def __init__(self, what: str, why: str = "", fix: str = "") -> None:
        self.what, self.why, self.fix = what, why, fix
        super().__init__("; ".join(printable(part) for part in (what, why, fix) if part))

    def __str__(self) -> str:
        return str(self.args[0])


class UsageError(PyicmpError):
    """An argument that cannot be meant, found before anything was opened."""


class ObjectError(PyicmpError):
    """The bytes are not a usable BPF object: says where, and in which section."""


class LayoutError(ObjectError):
    """A type, or one of its fields, is missing from BTF or cannot be decoded."""


class BpfError(PyicmpError, OSError):
    """
    A call to libbpf or to the kernel failed.

    Attributes:
        errno: Positive error number (``errno.EPERM`` …); libbpf's own start at 4000.
        call: The libbpf function that failed.
        hint: What to do about it (same text as the last part of the message).
        log: All that libbpf, and through it the verifier, said during the call.
    """

    def __init__(
        self, what: str, why: str = "", fix: str = "", *, errno: int, call: str = "", log: str = ""
    ) -> None:
        super().__init__(what, why, fix)
        self.errno, self.call, self.hint, self.log = errno, call, fix, log


class VerifierError(BpfError):
    """
    The kernel's verifier rejected a program; ``.log`` holds all that it said.

    Attributes:
        kind: What sort of mistake it is, in a word: ``null_pointer``, ``map_bounds`` …; or
            ``other``.
        program: The program's name.
        reason: The kernel's own words.
        insn: Number of the rejecting instruction, from the program's start; or None.
        instruction: It, as the kernel writes it.
        source: The C line that it was compiled from.
        file: That line's file, without folders.
        line: Its number there, or 0.
        registers: What the verifier knew before that instruction, by register and stack slot.
    """

    kind = "other"
    program = reason = instruction = source = file = ""
    insn: int | None = None
    line = 0

    def __init__(
        self, what: str, why: str = "", fix: str = "", *, errno: int, call: str = "", log: str = ""
    ) -> None:
        super().__init__(what, why, fix, errno=errno, call=call, log=log)
        self.registers: dict[str, str] = {}


class NotPermitted(BpfError):  # noqa: N818 - the interface's name
    """The kernel refused for want of a privilege; the message names what is missing."""


class NotSupported(BpfError):  # noqa: N818 - the interface's name
    """This kernel lacks what was asked for: a symbol, BTF, a program type, a map type."""


class LifecycleError(PyicmpError):
    """The right call at the wrong time: globals after load, read after close."""
