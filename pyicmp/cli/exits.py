"""Exit codes: a part of the interface, for scripts."""

from __future__ import annotations

from pyicmp.errors import (
    NotPermitted,
    NotSupported,
    ObjectError,
    PyicmpError,
    UsageError,
    VerifierError,
)

__all__ = ["FAILED", "LOST", "OK", "USAGE", "code"]

OK = 0
FAILED = 1
USAGE = 2
LOST = 5

_CODES: tuple[tuple[type[PyicmpError], int], ...] = (
    (UsageError, USAGE),
    (NotPermitted, 3),
    (NotSupported, 4),
    (VerifierError, 4),
    (ObjectError, 6),
)


def code(error: PyicmpError) -> int:
    """
    Return the exit code for an error.

    Example:
        >>> code(UsageError("no such flag"))
        2
    """
    return next((number for kind, number in _CODES if isinstance(error, kind)), FAILED)
