"""Finds a function in a program or library: where a uprobe goes."""

from __future__ import annotations

import errno
import mmap
import struct
from typing import TYPE_CHECKING

from pyicmp.errors import NotSupported, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["entry_offset", "function_offset"]

SYMTAB, DYNSYM, NOBITS = 2, 11, 8
FUNC, GNU_IFUNC = 2, 10
PT_LOAD, PF_X = 1, 1


def function_offset(what: str, path: str, function: str) -> int:
    """
    Return where a function starts, in bytes from the file's start.

    Args:
        what: What is wanted, for the message.
        path: A 64-bit ELF file of this machine's byte order.
        function: Its name, with or without a version (``malloc@@GLIBC_2.2.5``).

    Raises:
        UsageError: The file cannot be read, or is no such ELF file.
        NotSupported: It has no such function, or no longer its name (stripped).
    """
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
            for name, value in _functions(data):
                if name in (function, function.partition("@")[0]):
                    return _file_offset(data, value)
    except (OSError, ValueError) as error:
        raise UsageError(what, str(getattr(error, "strerror", None) or error)) from None
    except struct.error:
        raise UsageError(what, f"{path} is no 64-bit ELF file, or damaged") from None
    raise NotSupported(
        what,
        f"{path} has no function of that name",
        "it may be inlined, or stripped: give an offset",
        errno=errno.ENOENT,
    )


def entry_offset(path: str) -> int:
    """Return where a program's first instruction is, in bytes from the file's start."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
        return _file_offset(data, *struct.unpack_from("=Q", data, 0x18))


def _functions(data: mmap.mmap) -> Iterator[tuple[str, int]]:
    if data[:5] != b"\x7fELF\x02":
        raise ValueError("it is no 64-bit ELF file")
    (table,) = struct.unpack_from("=Q", data, 0x28)
    size, count = struct.unpack_from("=HH", data, 0x3A)
    headers = [struct.unpack_from("=IIQQQQIIQQ", data, table + n * size) for n in range(count)]
    for header in headers:
        if header[1] in (SYMTAB, DYNSYM):
            strings = headers[header[6]][4]
            yield from _symbols(data, header[4], header[5], strings)


def _symbols(data: mmap.mmap, start: int, length: int, strings: int) -> Iterator[tuple[str, int]]:
    for name, info, _, section, value, _ in struct.iter_unpack(
        "=IBBHQQ", data[start : start + length]
    ):
        if info & 15 in (FUNC, GNU_IFUNC) and section:
            text = data[strings + name : data.find(b"\0", strings + name)]
            yield text.decode("ascii", "replace").partition("@")[0], value


def _file_offset(data: mmap.mmap, address: int) -> int:
    (table,) = struct.unpack_from("=Q", data, 0x20)
    size, count = struct.unpack_from("=HH", data, 0x36)
    for n in range(count):
        kind, flags, offset, start, _, length = struct.unpack_from(
            "=IIQQQQ", data, table + n * size
        )
        if kind == PT_LOAD and flags & PF_X and start <= address < start + length:
            return int(offset + address - start)
    raise ValueError(f"address {address:#x} lies in no segment that runs")
