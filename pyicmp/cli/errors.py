"""``pyicmp errors``: the ICMP errors that come and go, whom they hit, and what they do."""

from __future__ import annotations

from pyicmp.cli.consequences import Consequences
from pyicmp.cli.filters import FilterOptions, add_filters, ends, kinds, owners, request_arguments
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
from pyicmp.icmp.hooks import WAYS
from pyicmp.sinks.effects import EFFECT_FORMATS, effect_renderer
from pyicmp.sinks.paths import path_renderer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyicmp.icmp.effects.effect import Effect

__all__ = ["run"]

DESCRIPTION = """\
Print each ICMP error that comes or goes, in every network namespace, whose
socket it hits, and what it does there: the path MTU before and after, the error
that the program is given, or why nothing happens. At the end: a sentence per
cause, and the command that would change it.

Needs root; and for what errors do, fentry and fexit.
"""
EPILOG = """\
examples:
  pyicmp errors                     each error, until Ctrl-C
  pyicmp errors --pmtu -d 60        a minute of path MTUs, a line per path
  pyicmp errors --inner 'tcp port 443' --comm curl
  pyicmp errors -t unreachable -Q in -o json | jq -r .effect | sort | uniq -c

What each effect means, and where it was seen: docs/effects.md
"""


class Options(LiveOptions, FilterOptions):
    """One command line, parsed."""

    pmtu: bool
    attach: str


def run(arguments: Sequence[str]) -> int:
    """Tell of errors until told to stop, and return the exit code."""
    options = _parse(arguments)
    require_stdout()
    from pyicmp.icmp.effects.paths import Paths  # not above: --help needs no libbpf
    from pyicmp.icmp.effects.tracer import ErrorTracer

    tracer = ErrorTracer(
        attach=options.attach, **view_arguments(options), **request_arguments(options)
    )
    lines, paths = effect_renderer(options.output, style(options)), Paths()
    found = Consequences()

    def render(effects: list[Effect]) -> bytes:
        found.add(effects)
        paths.add(effects)
        return b"" if options.pmtu else lines(effects)

    def last() -> bytes:
        return path_renderer(options.output)(paths) if options.pmtu else b""

    doing = "watching ICMP errors"
    return run_view(tracer, options, doing, "errors", render, found.sentences, last)


def _parse(arguments: Sequence[str]) -> Options:
    parser = Parser("pyicmp errors", DESCRIPTION, EPILOG)
    add_filters(parser, ends, kinds, owners, what="errors")
    add_stop(parser)
    show = add_show(parser, EFFECT_FORMATS)
    show.add_argument("--pmtu", action="store_true", help="a line per path whose MTU was told")
    add_attach(add_how(parser), WAYS)
    return parser.parse_args(arguments, namespace=Options())
