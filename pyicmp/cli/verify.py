"""``pyicmp verify``: will this object load on those kernels?"""

from __future__ import annotations

import argparse

from pyicmp.bpf.core.report import load_kernel, over, report
from pyicmp.bpf.files.sources import find
from pyicmp.bpf.spec.spec import Spec
from pyicmp.cli import exits
from pyicmp.cli.data import add_output, write, write_json
from pyicmp.cli.matrix import matrix
from pyicmp.cli.parser import Parser
from pyicmp.cli.stderr import Progress, complain
from pyicmp.errors import PyicmpError, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyicmp.bpf.files.sources import Source

__all__ = ["run"]

DESCRIPTION = """\
Tell whether a prebuilt object will load on kernels that are not here, given
their BTF: a verdict for each program, and for each place where the object is
fitted to the kernel (CO-RE). Needs neither root nor libbpf nor those kernels.
"""
EPILOG = """\
A BTF may be a raw file (/sys/kernel/btf/vmlinux), a vmlinux, a vmlinuz, a
.btf.tar.xz of BTFHub, or a directory of them. A name that begins with the
kernel's release tells LINUX_KERNEL_VERSION.

verdicts:
  resolved   the kernel has it; its offset, size, number is known
  guarded    the kernel has it not, and the object checks before it uses it
  fatal      the kernel has it not, and would refuse the program

examples:
  pyicmp verify mine.bpf.o /sys/kernel/btf/vmlinux
  pyicmp verify mine.bpf.o btfhub-archive/ubuntu /boot/vmlinuz-*
  pyicmp verify mine.bpf.o dir/ -o json | jq '.kernels[]|select(.loads|not).btf'

exit codes:
  0 it loads on all of them  1 not on all  2 usage  6 a file was refused
"""


class Options(argparse.Namespace):
    """One command line, parsed."""

    object: str
    btf: list[str]
    output: str


def run(arguments: Sequence[str]) -> int:
    """Verify what *arguments* name, and return the exit code."""
    parser = Parser(prog="pyicmp verify", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("object", metavar="OBJECT", help="a prebuilt BPF object")
    parser.add_argument("btf", metavar="BTF", nargs="+", help="a kernel's BTF, or a directory")
    add_output(parser)
    options = parser.parse_args(arguments, namespace=Options())
    spec, sources = Spec.from_file(options.object), find(options.btf)
    told, refused = _kernels(spec, sources)
    if options.output == "json":
        write_json({"object": options.object, "kernels": told})
    elif told:
        write("".join(f"{printable(line)}\n" for line in matrix(spec, told)))
    if not all(one["loads"] for one in told):
        return exits.FAILED
    return refused


def _kernels(spec: Spec, sources: Sequence[Source]) -> tuple[list[dict[str, Any]], int]:
    """Return a report for each kernel, and the exit code of the first file that was refused."""
    told, refused = [], exits.OK
    with Progress(len(sources), "kernels") as progress:
        for one in over(sources, spec, verify):
            progress.step()
            if isinstance(one, PyicmpError):
                complain(str(one))
                refused = refused or exits.code(one)
            else:
                told.append(one)
    return told, refused


def verify(spec: Spec, source: Source) -> dict[str, Any]:
    """Return the report of one kernel."""
    return report(spec, load_kernel(source, spec))
