"""A kernel BTF that the user names: refused if it cannot be this kernel's."""

from __future__ import annotations

import os

from pyicmp.bpf.btf.reader import Btf
from pyicmp.bpf.host import KERNEL_BTF
from pyicmp.errors import ObjectError, UsageError

__all__ = ["check_kernel_btf"]

ELF_MAGIC = b"\x7fELF"


def check_kernel_btf(path: str | os.PathLike[str]) -> None:
    """
    Do nothing if *path* holds BTF that may be the running kernel's.

    With another kernel's BTF an object loads, attaches, and reads the wrong bytes. A kernel that
    offers its own BTF can tell; one that does not, cannot.

    Args:
        path: Raw BTF, or an ELF file (a vmlinux) that libbpf takes it from.

    Raises:
        UsageError: It cannot be read, is no BTF, or is not this kernel's.
    """
    what = f"cannot use BTF {os.fspath(path)}"
    try:
        with open(path, "rb") as file:
            data = file.read()
    except (OSError, ValueError) as error:
        raise UsageError(what, getattr(error, "strerror", None) or str(error)) from None
    if data.startswith(ELF_MAGIC):
        return
    try:
        Btf(data)
    except ObjectError as error:
        raise UsageError(what, f"it is no BTF: {error.what}") from None
    try:
        with open(KERNEL_BTF, "rb") as file:
            own = file.read()
    except OSError:
        return
    if data != own:
        raise UsageError(
            what, f"it is not this kernel's, which is in {KERNEL_BTF}", "leave --btf out"
        )
