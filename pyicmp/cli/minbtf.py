"""``pyicmp minbtf``: a kernel's BTF, cut to what an object needs."""

from __future__ import annotations

import argparse
import os

from pyicmp.bpf.btf.machine import kernel_note, machine_of
from pyicmp.bpf.core.minimal import minimal
from pyicmp.bpf.core.report import load_kernel, over
from pyicmp.bpf.files.sources import find
from pyicmp.bpf.spec.spec import Spec
from pyicmp.cli import exits
from pyicmp.cli.parser import Parser
from pyicmp.cli.stderr import Progress, complain, say
from pyicmp.errors import PyicmpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyicmp.bpf.files.sources import Source

__all__ = ["run"]

DESCRIPTION = """\
Cut kernels' BTF to what a prebuilt object asks of it: some hundred bytes each,
to be shipped with the object for kernels that offer no BTF of their own.
"""
EPILOG = """\
Each file is called after its kernel: give BTF files the name of their release
(uname -r), or a vmlinuz, which knows it. A file for another release or machine
is refused where it is used: DIR in PYICMP_BTF_PATH, beside the object, or a
file by --btf.

examples:
  pyicmp minbtf mine.bpf.o btfhub-archive/ubuntu -o btfs/
  pyicmp minbtf mine.bpf.o /boot/vmlinuz-* -o btfs/
  PYICMP_BTF_PATH=btfs pyicmp
"""


class Options(argparse.Namespace):
    """One command line, parsed."""

    object: str
    btf: list[str]
    output: str


def run(arguments: Sequence[str]) -> int:
    """Cut what *arguments* name, and return the exit code."""
    parser = Parser(prog="pyicmp minbtf", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("object", metavar="OBJECT", help="a prebuilt BPF object")
    parser.add_argument("btf", metavar="BTF", nargs="+", help="a kernel's BTF, or a directory")
    parser.add_argument("-o", "--output", metavar="DIR", required=True, help="write them there")
    options = parser.parse_args(arguments, namespace=Options())
    spec, sources = Spec.from_file(options.object), find(options.btf)
    size, refused = 0, exits.OK
    with Progress(len(sources), "kernels") as progress:
        for one in over(sources, spec, cut):
            progress.step()
            if isinstance(one, PyicmpError):
                complain(str(one))
                refused = refused or exits.code(one)
            else:
                size += _write(options.output, **one)
    say(f"{size} bytes for {len(sources)} kernels in {options.output}")
    return refused


def cut(spec: Spec, source: Source) -> dict[str, str | bytes]:
    """Return name and bytes of one kernel's BTF, cut."""
    kernel = load_kernel(source, spec)
    release = os.path.basename(kernel.name)
    known = release if release[:1].isdigit() else ""
    note = kernel_note(known, machine_of(kernel.btf) or "")
    inside = kernel.name if kernel.name != source.path else os.path.abspath(source.path)
    return {"name": inside.lstrip("/"), "data": minimal(spec, kernel, note)}


def _write(folder: str, name: str, data: bytes) -> int:
    """Write a file, and return how large it is."""
    path = os.path.join(folder, f"{name}.btf")
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            return file.write(data)
    except OSError as error:
        raise PyicmpError(f"cannot write {path}", error.strerror or "") from None
