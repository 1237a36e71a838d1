"""Unpacks what kernels and their BTF are packed with."""

from __future__ import annotations

import bz2
import lzma
import shutil
import subprocess
import zlib
from importlib import import_module
from typing import TYPE_CHECKING

from pyicmp.errors import ObjectError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["PACKINGS", "packing", "unpack"]

UNPACKED_MAX = 1 << 30
# first bytes, by packing; LZMA alone has no magic, but always these settings
PACKINGS = {
    "gzip": b"\x1f\x8b\x08", "xz": b"\xfd7zXZ\0", "bzip2": b"BZh", "zstd": b"\x28\xb5\x2f\xfd",
    "lz4": b"\x02\x21\x4c\x18", "lzma": b"\x5d\x00\x00", "lzo": b"\x89LZO",
}  # fmt: skip


def packing(data: bytes) -> str:
    """Return what *data* is packed with, or an empty string."""
    return next((name for name, magic in PACKINGS.items() if data.startswith(magic)), "")


def unpack(data: bytes, name: str) -> bytes:
    """
    Return what is packed in *data*; bytes that follow it (kernels append the size) are left.

    Args:
        data: Packed bytes.
        name: What they are called in messages.

    Raises:
        ObjectError: They are damaged, or nothing here can unpack them; says what to install.
    """
    kind = packing(data)
    try:
        if kind in ("zstd", "lz4", "lzo"):
            return _by_others(kind, data, name)
        return _by_python(kind, data)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, MemoryError) as why:
        raise ObjectError(f"cannot unpack {name}", f"{kind}: {why}") from None


def _by_python(kind: str, data: bytes) -> bytes:
    if kind == "gzip":
        whole: Any = zlib.decompressobj(31)
    elif kind == "bzip2":
        whole = bz2.BZ2Decompressor()
    else:
        whole = lzma.LZMADecompressor(lzma.FORMAT_XZ if kind == "xz" else lzma.FORMAT_ALONE)
    found: bytes = whole.decompress(data, UNPACKED_MAX)
    if not whole.eof:
        raise ValueError("it ends too early" if len(found) < UNPACKED_MAX else "it is too large")
    return found


def _by_others(kind: str, data: bytes, name: str) -> bytes:
    """Unpack what Python itself does not: by a module, else by a program."""
    for module, function in _MODULES.get(kind, ()):
        try:
            return function(import_module(module), data)
        except ImportError:
            continue
        except Exception as why:  # each module has errors of its own
            raise ValueError(str(why)) from None
    program = shutil.which({"lzo": "lzop"}.get(kind, kind))
    if program is None:
        what = {"zstd": "python3-zstandard or zstd", "lz4": "lz4", "lzo": "lzop"}[kind]
        raise ObjectError(f"cannot unpack {name}", f"it is packed with {kind}", f"install {what}")
    ran = subprocess.run([program, "-dcq"], input=data, capture_output=True, check=False)
    if not ran.stdout:
        raise ValueError(ran.stderr.decode("utf-8", "replace").strip() or "it is damaged")
    return ran.stdout


_MODULES: dict[str, tuple[tuple[str, Callable[..., bytes]], ...]] = {
    "zstd": (
        ("compression.zstd", lambda zstd, data: zstd.ZstdDecompressor().decompress(data)),
        ("zstandard", lambda zstd, data: zstd.ZstdDecompressor().decompressobj().decompress(data)),
    ),
}
