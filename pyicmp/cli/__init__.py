"""The command line: arguments in, text and an exit code out. Only here is anything printed."""

from __future__ import annotations

import sys

from pyicmp.cli import commands, exits
from pyicmp.cli.stderr import complain, detail
from pyicmp.cli.trace_options import parse
from pyicmp.errors import BpfError, PyicmpError, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the command line and return its exit code (``exits``).

    Args:
        argv: Arguments without the program's name; those of the process if None.
    """
    verbose = False
    try:
        arguments = sys.argv[1:] if argv is None else argv
        other = commands.command(arguments[0]) if arguments else None
        if other:
            verbose = not {"-v", "--verbose"}.isdisjoint(arguments)
            return other(arguments[1:])
        options = parse(arguments)
        verbose = options.verbose
        from pyicmp.cli.trace import run  # not above: --help needs no libbpf

        return run(options)
    except PyicmpError as error:
        complain(str(error))
        if verbose and isinstance(error, BpfError) and error.log:
            detail(error.log)
        return exits.code(error)
    except ImportError as error:
        complain(f"cannot load the native module; {printable(str(error))}; run make")
        return exits.FAILED
    except KeyboardInterrupt:  # before the run had a handler of its own
        return exits.OK
