"""Reads an object's bytes once: what was checked is what is loaded, whatever happens on disk."""

from __future__ import annotations

import errno
import os
import stat
from io import FileIO

from pyicmp.errors import ObjectError

__all__ = ["OBJECT_SIZE_MAX", "read_object"]

OBJECT_SIZE_MAX = 64 << 20


def read_object(path: str | os.PathLike[str]) -> bytes:
    """
    Return the bytes of the regular file *path*.

    Raises:
        ObjectError: No such file, not a regular file, unreadable, or over 64 MiB.
    """
    what = f"cannot read {os.fspath(path)}"
    try:
        # Without O_NONBLOCK, opening a FIFO would wait for a writer.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with FileIO(fd) as file:
            return _read_regular(file, what)
    except ValueError as error:  # a NUL in the name
        raise ObjectError(what, str(error)) from None
    except OSError as error:
        fix = "run make" if error.errno == errno.ENOENT else ""
        raise ObjectError(what, error.strerror or "", fix) from None


def _read_regular(file: FileIO, what: str) -> bytes:
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise ObjectError(what, "it is no regular file", "give the path of a .bpf.o file")
    if status.st_size > OBJECT_SIZE_MAX:
        raise ObjectError(what, f"it is larger than {OBJECT_SIZE_MAX >> 20} MiB")
    return file.readall()
