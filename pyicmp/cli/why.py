"""``pyicmp why``: what becomes of each echo request that comes to this host."""

from __future__ import annotations

from pyicmp.cli.causes import Causes
from pyicmp.cli.filters import FilterOptions, add_filters, ends, numbers, request_arguments
from pyicmp.cli.live import require_stdout, run_view
from pyicmp.cli.options import LiveOptions, add_how, add_show, add_stop, style, view_arguments
from pyicmp.cli.parser import Parser
from pyicmp.sinks.verdicts import VERDICT_FORMATS, verdict_renderer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyicmp.icmp.verdicts.verdict import Verdict

__all__ = ["run"]

DESCRIPTION = """\
Tell of each ICMP echo request (ping) that comes to this host, in every network
namespace, what became of it: answered, and how fast; ignored, by which sysctl;
rate-limited; dropped, by what and where; its reply dropped; no route back.
At the end: a sentence per cause, and the command that would change it.

Needs root, and a kernel where fentry and fexit programs can be attached.
"""
EPILOG = """\
examples:
  pyicmp why                  each echo request, until Ctrl-C
  pyicmp why 192.0.2.7        only those from or to that address
  pyicmp why -c 1 -v          the next one, with all that is known of it
  pyicmp why -d 60 -q -o json | jq -r .verdict | sort | uniq -c

A verdict is never made of silence: what nobody saw the cause of is
"not answered, cause not seen". How each verdict is reached: docs/why.md
"""


class Options(LiveOptions, FilterOptions):
    """One command line, parsed."""

    address: str | None


def run(arguments: Sequence[str]) -> int:
    """Judge until told to stop, and return the exit code."""
    options = _parse(arguments)
    require_stdout()
    from pyicmp.icmp.verdicts.tracer import VerdictTracer  # not above: --help needs no libbpf

    if options.address is not None:
        options.host.append(options.address)
    tracer = VerdictTracer(**view_arguments(options), **request_arguments(options))
    causes = Causes()
    lines = verdict_renderer(options.output, style(options))

    def render(verdicts: list[Verdict]) -> bytes:
        causes.add(verdicts)
        return lines(verdicts)

    doing = "judging echo requests"
    return run_view(tracer, options, doing, "verdicts", render, causes.sentences)


def _parse(arguments: Sequence[str]) -> Options:
    parser = Parser("pyicmp why", DESCRIPTION, EPILOG)
    text = "address or prefix, of either end"
    parser.add_argument("address", nargs="?", metavar="HOST", help=text)
    add_filters(parser, ends, numbers)
    add_stop(parser)
    add_show(parser, VERDICT_FORMATS)
    add_how(parser)
    return parser.parse_args(arguments, namespace=Options())
