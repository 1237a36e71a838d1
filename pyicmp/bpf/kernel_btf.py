"""The kernel's BTF where the user names one, or the kernel has none: never another kernel's."""

from __future__ import annotations

import os

from pyicmp.bpf.btf.machine import machine_name, machine_of, noted_kernel
from pyicmp.bpf.btf.reader import Btf
from pyicmp.bpf.host import KERNEL_BTF
from pyicmp.errors import ObjectError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_kernel_btf", "find_kernel_btf"]

ELF_MAGIC = b"\x7fELF"
PATH = "PYICMP_BTF_PATH"


def find_kernel_btf(name: str) -> str | None:
    """
    Return a BTF file for this kernel, if it has none itself and there is one.

    It is called after the release, with ``.btf``, and lies in or below a directory of
    ``PYICMP_BTF_PATH`` (as in ``PATH``, separated by colons) or beside the object.

    Args:
        name: Path of the object.
    """
    if os.path.exists(KERNEL_BTF):
        return None
    wanted = f"{os.uname().release}.btf"
    return next(_called(wanted, os.path.dirname(name)), None)


def _called(wanted: str, beside: str) -> Iterator[str]:
    for folder in os.environ.get(PATH, "").split(os.pathsep):
        for at, _, names in os.walk(folder) if folder else ():
            if wanted in names and _fits(os.path.join(at, wanted)):
                yield os.path.join(at, wanted)
    path = os.path.join(beside, wanted)
    if beside and os.path.exists(path):
        yield path


def _fits(path: str) -> bool:
    """Tell whether a file is this kernel's: there may be others of its name, for other machines."""
    try:
        check_kernel_btf(path)
    except UsageError:
        return False
    return True


def check_kernel_btf(path: str | os.PathLike[str]) -> None:
    """
    Do nothing if *path* holds BTF that may be the running kernel's.

    With another kernel's BTF an object loads, attaches, and reads the wrong bytes. A kernel that
    offers its own BTF can tell; one cut by ``pyicmp minbtf`` says itself whose it is; for others
    count the name of the file, if it is a release, and the registers in it.

    Args:
        path: Raw BTF, or an ELF file (a vmlinux), of which libbpf takes section ``.BTF``.

    Raises:
        UsageError: It cannot be read, is no BTF, or is not this kernel's.
    """
    what = f"cannot use BTF {os.fspath(path)}"
    data = _bytes(path, what)
    try:
        if data.startswith(ELF_MAGIC):
            from pyicmp.bpf.files.image import elf_btf

            data = elf_btf(data, os.fspath(path))
        btf = Btf(data)
        noted = noted_kernel(btf)
        release, machine = noted or (_release(path), machine_of(btf) or "")
    except ObjectError as error:
        reason = (
            error.why
            if data.startswith(ELF_MAGIC)
            else f"it is no BTF: {error.what.removeprefix('.BTF: ')}"
        )
        raise UsageError(what, reason) from None
    host = os.uname()
    if noted is None and os.path.exists(KERNEL_BTF):
        if data != _bytes(KERNEL_BTF, what):
            why = f"it is not this kernel's, which is in {KERNEL_BTF}"
            raise UsageError(what, why, "leave --btf out")
        return
    own = machine_name(host.machine)
    if (release or host.release, machine or own) != (host.release, own):
        theirs = f"{release or 'a kernel'} on {machine or 'an unknown machine'}"
        why = f"it is of {theirs}, this is {host.release} on {own}"
        raise UsageError(what, why, "cut this kernel's with pyicmp minbtf")


def _release(path: str | os.PathLike[str]) -> str:
    """Return the release that a file is called after, if it is."""
    name = os.path.basename(os.fspath(path)).removesuffix(".btf").removeprefix("vmlinux-")
    return name if name[:1].isdigit() and "." in name else ""


def _bytes(path: str | os.PathLike[str], what: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise UsageError(what, getattr(error, "strerror", None) or str(error)) from None
