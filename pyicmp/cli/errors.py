"""``pyicmp errors``: the ICMP errors that come and go, whom they hit, and what they do."""

from __future__ import annotations

from pyicmp.cli.consequences import Consequences
from pyicmp.cli.filters import add_filters, request_arguments
from pyicmp.cli.live import require_stdout, run_view, write
from pyicmp.cli.options import LiveOptions, add_attach, add_how, add_show, add_stop
from pyicmp.cli.options import style, view_arguments
from pyicmp.cli.parser import Parser
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


class Options(LiveOptions):
    """One command line, parsed."""

    pmtu: bool
    attach: str
