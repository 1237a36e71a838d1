"""What can be said on the command line."""

from __future__ import annotations

import argparse
import math

from pyicmp import __version__
from pyicmp.cli.commands import COMMANDS
from pyicmp.cli.filters import FilterOptions, add_filters
from pyicmp.cli.parser import Parser
from pyicmp.icmp.hooks import WAYS
from pyicmp.sinks import FORMATS, TIMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Options", "add_stop", "parse"]

DESCRIPTION = """\
Print each ICMP message that comes or goes, in every network namespace of this
host: where, whose it is, and how late a reply is.

The BPF program was compiled ahead of time: no compiler, no kernel headers.
Needs root, or CAP_BPF and CAP_PERFMON.
"""
EPILOG = """\
examples:
  pyicmp                         every ICMP message, until Ctrl-C
  pyicmp -c 10 -Q in             the next ten that come in
  pyicmp -t errors -v            errors, with all that they tell
  pyicmp -t ndp -i eth0          neighbour discovery on one interface
  pyicmp --dst 10.0.0.0/8 -6 -4  any number of addresses and prefixes
  pyicmp --inner 'tcp dst port 443'  errors that concern HTTPS
  pyicmp -- traceroute 1.1.1.1   one command, its children, and their replies
  pyicmp -d 60 -o json           a minute of them, one JSON object a line
  pyicmp -o legacy               the lines of the bcc script of 2021
  pyicmp -q --strict -d 5        exit code 5 if anything was lost

other commands, each with its own --help:
{commands}

exit codes:
  0 fine  1 failed while running  2 usage  3 not permitted  4 this kernel
  cannot  5 events were lost (--strict)  6 the object was refused
"""
SUFFIXES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Options(FilterOptions):
    """One command line, parsed."""

    command: str
    traced: list[str]
    count: int | None
    duration: float | None
    output: str
    time: str
    numeric: bool
    hex: bool
    color: str
    attach: str
    object: str | None
    btf: str | None
    buffer: int
    quiet: bool
    verbose: bool
    strict: bool


def parse(arguments: Sequence[str]) -> Options:
    """
    Parse arguments without the program's name.

    Raises:
        UsageError: They cannot be meant.
        SystemExit: ``--help`` or ``--version`` was answered.
    """
    parser = _parser()
    own, traced = _split(list(arguments))
    options, unknown = parser.parse_known_args(own, namespace=Options())
    if unknown:  # said first: a misspelt option's value looks like a command
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    if options.command != "trace":
        known = ", ".join(("trace", *COMMANDS))
        parser.error(f"there is no command {options.command!r}, only {known}")
    if traced == []:
        parser.error("no command follows --")
    options.traced = traced or []
    return options


def _split(arguments: list[str]) -> tuple[list[str], list[str] | None]:
    """Split arguments at ``--``, behind which a command to be traced stands."""
    if "--" not in arguments:
        return arguments, None
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def add_stop(parser: Parser) -> None:
    """Add the flags that say when a live view ends."""
    stop = parser.add_argument_group("when to stop")
    stop.add_argument("-c", "--count", type=_count, metavar="N", help="after N messages")
    stop.add_argument("-d", "--duration", type=_seconds, metavar="SECS", help="after SECS seconds")


def _parser() -> Parser:
    commands = (
        f"  pyicmp {name + ' ' + what:<23} {text}" for name, (what, text) in COMMANDS.items()
    )
    epilog = EPILOG.format(commands="\n".join(commands))
    parser = Parser("pyicmp", DESCRIPTION, epilog, usage="pyicmp [trace] [options] [-- CMD ARG …]")
    parser.add_argument("command", nargs="?", default="trace", help="trace (default)")
    parser.add_argument("--version", action="version", version=f"pyicmp {__version__}")
    add_filters(parser)
    add_stop(parser)
    show = parser.add_argument_group("what is printed")
    show.add_argument(
        "-o",
        "--output",
        choices=FORMATS,
        default=FORMATS[0],
        metavar="FORMAT",
        help=f"{', '.join(FORMATS)} (text)",
    )
    show.add_argument(
        "--time",
        choices=TIMES,
        default=TIMES[0],
        metavar="FORM",
        help=f"{', '.join(TIMES)} (local)",
    )
    show.add_argument("-n", dest="numeric", action="store_true", help="no names of namespaces")
    show.add_argument("-x", dest="hex", action="store_true", help="the message's bytes too")
    show.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        metavar="WHEN",
        help="auto, always or never (auto)",
    )
    show.add_argument("-q", "--quiet", action="store_true", help="no notes, no summary on stderr")
    show.add_argument(
        "-v", "--verbose", action="store_true", help="all details, logs with errors, a full ledger"
    )
    show.add_argument("--strict", action="store_true", help="exit with 5 if anything was lost")
    how = parser.add_argument_group("how it is traced")
    how.add_argument(
        "--attach",
        choices=("auto", *WAYS),
        default="auto",
        metavar="WAY",
        help=f"{', '.join(WAYS)}, or auto: the first that works",
    )
    how.add_argument(
        "--buffer", type=_size, default="8M", metavar="SIZE", help="ring buffer: 64K, 8M, 1G (8M)"
    )
    how.add_argument("--object", metavar="FILE", help="another prebuilt icmp.bpf.o")
    how.add_argument("--btf", metavar="FILE", help="the kernel's BTF, if it has none itself")
    return parser


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a count: give 1 or more")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time: give seconds above 0")
    return seconds


def _size(text: str) -> int:
    digits, suffix = (text, "") if text[-1:].isdigit() else (text[:-1], text[-1:].upper())
    if not digits.isascii() or not digits.isdigit() or suffix not in SUFFIXES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size: give bytes, or 64K, 8M, 1G")
    return int(digits) * SUFFIXES[suffix]
