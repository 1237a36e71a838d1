"""``pyicmp doctor``: what this host offers, what it does not, and why."""

from __future__ import annotations

import argparse

from pyicmp.cli import exits
from pyicmp.cli.data import add_output, write, write_json
from pyicmp.cli.parser import Parser
from pyicmp.cli.stdout import wants_color

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["run"]

DESCRIPTION = """\
Tell in one page what pyicmp finds on this host: BTF, privileges, each hook
and each way to attach it, sysctls that silence ICMP; and what pyicmp would
do. Each hook is attached for a moment and met by an echo over loopback, so a
hook that attaches and stays silent is found out. Nothing stays attached.

Needs no root: without it, it says what is missing.
"""
EPILOG = """\
of a hook:
  fires     it attached, and was met
  silent    it attached, and was not met: pyicmp would see nothing by it
  attached  it attached, and nothing could be sent to meet it
  NO        it was refused; why is said below the table

examples:
  pyicmp doctor
  sudo pyicmp doctor
  pyicmp doctor --btf my.btf
  pyicmp doctor -o json | jq -r '.hooks[].ways[] | select(.ok | not) | .why'
  ip netns exec red pyicmp doctor -o json | jq .sysctls

exit codes, those that pyicmp itself would give here:
  0 it would trace  2 --btf is wrong  3 not permitted  4 this kernel cannot
  6 the object was refused
"""


class Options(argparse.Namespace):
    """One command line, parsed."""

    output: str
    btf: str | None


def run(arguments: Sequence[str]) -> int:
    """Examine this host, and return the exit code that a trace would give."""
    parser = Parser(prog="pyicmp doctor", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("--btf", metavar="FILE", help="the kernel's BTF, if it has none itself")
    add_output(parser)
    options = parser.parse_args(arguments, namespace=Options())
    from pyicmp.icmp.doctor.examination import examine  # not above: --help needs no libbpf
    from pyicmp.icmp.doctor.page import page

    found = examine(options.btf, exits.code)
    if options.output == "json":
        write_json(found)
    else:
        write(page(found, wants_color("auto")))
    return int(found["verdict"]["exit"])
