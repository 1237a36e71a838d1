"""Where the object that belongs to this package is, and what its bytes must be."""

from __future__ import annotations

import os

from pyicmp.errors import ObjectError

__all__ = ["object_path", "object_sha256"]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_INSTALLED = os.path.join(_PACKAGE, "_objects", "icmp.bpf.o")
_BUILT = os.path.join(os.path.dirname(_PACKAGE), "build", "icmp.bpf.o")


def object_path() -> str:
    """Return the path of ``icmp.bpf.o``: beside the installed package, else in ``build/``."""
    return _INSTALLED if os.path.exists(_INSTALLED) else _BUILT


def object_sha256() -> str:
    """
    Return the SHA-256 that was recorded when the object was built, in hex.

    Raises:
        ObjectError: There is no record beside the object.
    """
    path = object_path() + ".sha256"
    try:
        with open(path, encoding="ascii") as file:
            return file.read().split()[0]
    except (OSError, IndexError, UnicodeDecodeError):
        raise ObjectError(
            f"cannot find the object's record {path}", "it was not built yet", "run make"
        ) from None
