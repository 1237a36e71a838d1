"""Finds BTF within a kernel: the section of an ELF file, or the payload of a bootable image."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pyicmp.bpf.files.unpack import packing, unpack
from pyicmp.errors import ObjectError

if TYPE_CHECKING:
    from mmap import mmap

    Bytes = bytes | mmap

__all__ = ["ELF_MAGIC", "elf_btf", "is_image", "payload", "release"]

ELF_MAGIC = b"\x7fELF"
EM_BPF = 247
ET_REL = 1
# Documentation/arch/x86/boot.rst: the setup header; include/linux/pe.h: EFI zboot
SETUP_MAGIC, SETUP_AT = b"HdrS", 0x202
ZBOOT_MAGIC, ZBOOT_AT = b"zimg", 4
SECTOR = 512


def is_image(head: bytes) -> bool:
    """Tell whether a file that begins so (600 bytes are enough) is a bootable kernel."""
    return (
        head[SETUP_AT : SETUP_AT + 4] == SETUP_MAGIC or head[ZBOOT_AT : ZBOOT_AT + 4] == ZBOOT_MAGIC
    )


def release(head: bytes) -> str:
    """Return the release that an x86 image names in its setup code, or an empty string."""
    (at,) = struct.unpack_from("<H", head, 0x20E) if len(head) > 0x210 else (0,)
    text = head[at + SECTOR : at + SECTOR + 64] if at else b""
    word = text.partition(b"\0")[0].partition(b" ")[0].decode("ascii", "replace")
    return word if word[:1].isdigit() else ""


def payload(data: bytes, name: str) -> bytes:
    """
    Return the kernel that a bootable image holds, unpacked.

    Raises:
        ObjectError: The image is damaged, or packed with what cannot be unpacked here.
    """
    try:
        if data[ZBOOT_AT : ZBOOT_AT + 4] == ZBOOT_MAGIC:
            start, length = struct.unpack_from("<II", data, 8)
        else:
            sectors = data[0x1F1] or 4
            start, length = struct.unpack_from("<II", data, 0x248)
            start += (sectors + 1) * SECTOR
    except (struct.error, IndexError):
        start, length = 0, 0
    if not length or start + length > len(data):
        raise ObjectError(f"cannot use {name}", "it is a kernel image cut off or damaged")
    packed = data[start : start + length]
    return unpack(packed, name) if packing(packed) else packed


def elf_btf(data: Bytes, name: str) -> bytes:
    """
    Return section ``.BTF`` of a kernel's ELF file.

    Raises:
        ObjectError: It has none, is damaged, or is no kernel.
    """
    try:
        found = _section(data, b".BTF")
    except (struct.error, IndexError, OverflowError):
        raise ObjectError(f"cannot use {name}", "it is an ELF file cut off or damaged") from None
    if found is None:
        fix = "take one that was built with CONFIG_DEBUG_INFO_BTF"
        raise ObjectError(f"cannot use {name}", "it has no section .BTF", fix)
    return found


def _section(data: Bytes, wanted: bytes) -> bytes | None:
    if data[4] != 2:
        raise IndexError("32-bit ELF")
    order = ">" if data[5] == 2 else "<"
    kind, machine = struct.unpack_from(f"{order}HH", data, 0x10)
    if kind == ET_REL or machine == EM_BPF:
        return None
    (table,) = struct.unpack_from(f"{order}Q", data, 0x28)
    size, count, names = struct.unpack_from(f"{order}HHH", data, 0x3A)
    headers = [
        struct.unpack_from(f"{order}IIQQQQIIQQ", data, table + n * size) for n in range(count)
    ]
    strings = headers[names][4]
    for header in headers:
        at = strings + header[0]
        if data[at : at + len(wanted) + 1] == wanted + b"\0":
            return bytes(data[header[4] : header[4] + header[5]])
    return None
