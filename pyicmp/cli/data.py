"""Commands that print once and end: text or JSON, whole or not at all."""

from __future__ import annotations

import json
import os
import sys

from pyicmp.cli.parser import one_of
from pyicmp.errors import PyicmpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

__all__ = ["add_output", "write", "write_json"]


def add_output(parser: ArgumentParser) -> None:
    """Add ``-o text|json`` to a command's options."""
    parser.add_argument(
        "-o",
        "--output",
        type=one_of(("text", "json")),
        default="text",
        metavar="FORMAT",
        help="text (default) or json",
    )


def write_json(data: object) -> None:
    """Write *data* as JSON, indented."""
    write(json.dumps(data, indent=1, ensure_ascii=True) + "\n")


def write(text: str) -> None:
    """
    Write *text* to standard output; what nobody reads any more is left.

    Raises:
        PyicmpError: It cannot be written: no space, an I/O error.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes again at its end, and would complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise PyicmpError("cannot write to standard output", error.strerror or "") from None
