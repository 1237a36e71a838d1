"""``pyicmp gen``: a typed Python module for an object."""

from __future__ import annotations

import argparse
import os
import sys

from pyicmp.bpf.generate import generate
from pyicmp.bpf.spec.spec import Spec
from pyicmp.cli import exits
from pyicmp.cli.parser import Parser
from pyicmp.errors import PyicmpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["run"]

DESCRIPTION = """\
Write a typed Python module for an object: classes for its programs, maps,
global variables and records. Needs neither root nor libbpf.
"""
EPILOG = """\
examples:
  pyicmp gen mine.bpf.o                    the module on standard output
  pyicmp gen mine.bpf.o -o mine_bpf.py     beside the object, which it looks for
"""


class Options(argparse.Namespace):
    """One command line, parsed."""

    object: str
    output: str | None


def run(arguments: Sequence[str]) -> int:
    """Generate the module that *arguments* ask for, and return the exit code."""
    parser = Parser(prog="pyicmp gen", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("object", metavar="OBJECT", help="a prebuilt BPF object")
    parser.add_argument("-o", "--output", metavar="FILE.py", help="write it there")
    options = parser.parse_args(arguments, namespace=Options())
    spec = Spec.from_file(options.object)
    text = generate(spec, _seen_from(options.output, options.object))
    try:
        if options.output is None:
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            with open(options.output, "w", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        where = options.output or "standard output"
        raise PyicmpError(f"cannot write {where}", error.strerror or "") from None
    return exits.OK


def _seen_from(module: str | None, path: str) -> str:
    """Return the object's path as the module will look for it."""
    if module is None:
        return os.path.basename(path)
    return os.path.relpath(path, os.path.dirname(module) or ".")
