"""Kernel BTF by path: what a path stands for, and its bytes."""

from __future__ import annotations

import io
import mmap
import os
import tarfile
from typing import NamedTuple

from pyicmp.bpf.files.image import ELF_MAGIC, elf_btf, is_image, payload, release
from pyicmp.bpf.files.unpack import packing, unpack
from pyicmp.bpf.host import KERNEL_BTF
from pyicmp.errors import ObjectError, UsageError

__all__ = ["Source", "find", "read"]

HEAD_LEN = 1 << 15  # x86's setup code, which names the release
BTF_MAGICS = (b"\x9f\xeb", b"\xeb\x9f")
SUFFIXES = (".btf", ".tar", ".xz", ".gz", ".bz2", ".zst", ".zstd", ".lz4")
TAR_AT, TAR_MAGIC = 257, b"ustar"


class Source(NamedTuple):
    """A file that holds a kernel's BTF in some form; ``name`` is what reports call it."""

    path: str
    name: str


def find(paths: list[str]) -> list[Source]:
    """
    Return what *paths* stand for: files themselves, of directories what may hold a BTF.

    Raises:
        UsageError: There is no such file, or nothing in a directory.
    """
    found = []
    for path in paths:
        if not os.path.isdir(path):
            found.append(Source(path, _name(path, os.path.dirname(path))))
            continue
        inside = [Source(one, _name(one, path)) for one in sorted(_files(path)) if _recognised(one)]
        if not inside:
            raise UsageError(f"cannot use {path}", "no file in it holds a kernel's BTF")
        found += inside
    names = [one.name for one in found]
    return [one if names.count(one.name) == 1 else Source(one.path, one.path) for one in found]


def _files(folder: str) -> list[str]:
    return [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]


def _name(path: str, folder: str) -> str:
    """Return the path within *folder*, without suffixes; of this kernel its release."""
    head = _head(path)
    if path == KERNEL_BTF:
        return os.uname().release
    if is_image(head) and release(head):
        return release(head)
    name = os.path.relpath(path, folder or ".")
    while name.endswith(SUFFIXES):
        name = name.rpartition(".")[0]
    return name


def _head(path: str) -> bytes:
    try:
        if not os.path.isfile(path) and os.path.exists(path):
            raise OSError(0, "it is no regular file")
        with open(path, "rb") as file:
            return file.read(HEAD_LEN)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read {path}", why) from None


def _recognised(path: str) -> bool:
    try:
        head = _head(path)
    except UsageError:
        return False
    if head.startswith(ELF_MAGIC) or packing(head):  # by name: others are so many
        name = os.path.basename(path)
        return ".btf" in name or name.startswith("vmlinux")
    return head.startswith(BTF_MAGICS) or is_image(head)


def read(source: Source) -> bytes:
    """
    Return the raw BTF of a source.

    Raises:
        UsageError: The file cannot be read.
        ObjectError: It holds no BTF, is damaged, or is packed with what cannot be unpacked here.
    """
    head = _head(source.path)
    try:
        with open(source.path, "rb") as file:
            if head.startswith(ELF_MAGIC):  # a vmlinux with debug information is large
                with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
                    return elf_btf(data, source.path)
            return _btf(file.read(), source.path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read {source.path}", why) from None


def _btf(data: bytes, name: str) -> bytes:
    for _ in range(4):  # an image holds a packed kernel, an archive a packed file
        if data.startswith(BTF_MAGICS):
            return data
        if data.startswith(ELF_MAGIC):
            return elf_btf(data, name)
        if is_image(data[:HEAD_LEN]):
            data = payload(data, name)
        elif packing(data):
            data = unpack(data, name)
        elif data[TAR_AT : TAR_AT + 5] == TAR_MAGIC:
            data = _member(data, name)
        else:
            break
    fix = "give BTF, or a vmlinux"
    raise ObjectError(f"cannot use {name}", "it holds no BTF", fix)


def _member(data: bytes, name: str) -> bytes:
    """Return the one file of an archive as BTFHub makes them."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                if file:
                    return file.read()
    except (tarfile.TarError, EOFError, OverflowError) as why:
        raise ObjectError(f"cannot use {name}", f"damaged archive: {why}") from None
    raise ObjectError(f"cannot use {name}", "the archive is empty")
