"""``pyicmp drops``: the ICMP that is dropped on this host, or left unanswered in silence."""

from __future__ import annotations

from pyicmp.cli.causes import Causes
from pyicmp.cli.filters import (
    FilterOptions,
    add_filters,
    ends,
    kinds,
    numbers,
    request_arguments,
)
from pyicmp.cli.live import require_stdout, run_view
from pyicmp.cli.options import (
    LiveOptions,
    add_attach,
    add_how,
    add_show,
    add_stop,
    style,
    view_arguments,
)
from pyicmp.cli.parser import Parser
from pyicmp.sinks.drops import drop_renderer, render_rows
from pyicmp.sinks.verdicts import VERDICT_FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyicmp.icmp.verdicts.verdict import Verdict

__all__ = ["run"]

DESCRIPTION = """\
Tell of each ICMP message that is dropped on this host, in every network
namespace, coming in, going out or on its way through: the kernel's reason and
the place. And of requests that get no answer though nothing is dropped:
ignored by a sysctl, rate-limited, no route back; and of errors that concern
no socket. At the end: a sentence per cause, and a command that helps.

What the kernel frees as if dropped, but has delivered, is not shown. Needs
root; without fentry and fexit it shows what is freed, and says what it misses.
"""
EPILOG = """\
examples:
  pyicmp drops                   each of them, until Ctrl-C
  pyicmp drops -s -d 60          a minute, counted by reason and place
  pyicmp drops -t errors -Q in   errors that do not reach whom they concern
  pyicmp drops -q -o json | jq -r '.reason // .verdict' | sort | uniq -c

What is no drop, and how that is told: docs/drops.md
"""


class Options(LiveOptions, FilterOptions):
    """One command line, parsed."""

    summary: bool
    attach: str


def run(arguments: Sequence[str]) -> int:
    """Show drops until told to stop, and return the exit code."""
    options = _parse(arguments)
    require_stdout()
    from pyicmp.icmp.drops.summary import Summary
    from pyicmp.icmp.drops.tracer import DropTracer  # not above: --help needs no libbpf

    how, which = view_arguments(options), request_arguments(options)
    tracer = DropTracer(attach=options.attach, **how, **which)
    causes, summary = Causes(), Summary()
    lines = drop_renderer(options.output, style(options))

    def render(drops: list[Verdict]) -> bytes:
        causes.add(drops)
        summary.add(drops)
        return b"" if options.summary else lines(drops)

    def last() -> bytes:
        return render_rows(summary.rows(), options.output) if options.summary else b""

    doing = "looking for dropped ICMP"
    return run_view(tracer, options, doing, "drops", render, causes.sentences, last)


def _parse(arguments: Sequence[str]) -> Options:
    parser = Parser("pyicmp drops", DESCRIPTION, EPILOG)
    add_filters(parser, ends, numbers, kinds)
    add_stop(parser)
    show = add_show(parser, VERDICT_FORMATS)
    show.add_argument(
        "-s", "--summary", action="store_true", help="only a table at the end: count, why, where"
    )
    add_attach(add_how(parser), ("fexit", "tracepoint"))
    return parser.parse_args(arguments, namespace=Options())
