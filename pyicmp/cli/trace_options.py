"""What can be said on the command line of ``pyicmp trace``, and of pyicmp itself."""

from __future__ import annotations

from pyicmp import __version__
from pyicmp.cli.commands import COMMANDS
from pyicmp.cli.filters import (
    FilterOptions,
    add_filters,
    ends,
    kinds,
    light,
    numbers,
    owners,
    snaplen,
)
from pyicmp.cli.options import LiveOptions, add_attach, add_how, add_show, add_stop
from pyicmp.cli.parser import Parser
from pyicmp.icmp.hooks import WAYS
from pyicmp.sinks import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Options", "parse"]

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


class Options(LiveOptions, FilterOptions):
    """One command line, parsed."""

    command: str
    traced: list[str]
    hex: bool
    attach: str


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
        parser.error(f"there is no command {options.command!r}")
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


def _parser() -> Parser:
    commands = (
        f"  pyicmp {name + ' ' + what:<23} {text}" for name, (what, text) in COMMANDS.items()
    )
    epilog = EPILOG.format(commands="\n".join(commands))
    parser = Parser("pyicmp", DESCRIPTION, epilog, usage="pyicmp [trace] [options] [-- CMD ARG …]")
    parser.add_argument("command", nargs="?", default="trace", help="trace (default)")
    parser.add_argument("--version", action="version", version=f"pyicmp {__version__}")
    add_filters(parser, ends, numbers, kinds, owners, light, snaplen)
    add_stop(parser)
    show = add_show(parser, FORMATS)
    show.add_argument("-x", dest="hex", action="store_true", help="the message's bytes too")
    add_attach(add_how(parser), WAYS)
    return parser
