"""``pyicmp why``: what becomes of each echo request that comes to this host."""

from __future__ import annotations

import argparse

from pyicmp.cli import exits
from pyicmp.cli.causes import Causes
from pyicmp.cli.live import (
    BATCH_LEN,
    hooks_text,
    require_stdout,
    size_text,
    stop_on_signals,
    write_all,
)
from pyicmp.cli.options import add_stop
from pyicmp.cli.parser import Parser
from pyicmp.cli.stderr import say
from pyicmp.cli.stdout import STDOUT, Output
from pyicmp.sinks.verdicts import VERDICT_FORMATS, VerdictText, render_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyicmp.icmp.verdicts.tracer import VerdictTracer
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


class Options(argparse.Namespace):
    """One command line, parsed."""

    host: str | None
    count: int | None
    duration: float | None
    ipv4: bool
    ipv6: bool
    output: str
    quiet: bool
    verbose: bool


def run(arguments: Sequence[str]) -> int:
    """Judge until told to stop, and return the exit code."""
    options = _parse(arguments)
    require_stdout()
    from pyicmp.icmp.verdicts.tracer import VerdictTracer  # not above: --help needs no libbpf

    families = [4 if options.ipv4 else 6] if options.ipv4 != options.ipv6 else [4, 6]
    host = [options.host] if options.host is not None else []
    tracer, causes = VerdictTracer(host=host, families=families), Causes()
    stop_on_signals(tracer.stop)
    with tracer:
        say(f"judging echo requests (ring {size_text(tracer.buffer_len)}), Ctrl-C ends")
        printed = _print(tracer, options, causes)
        unseen = list(_unseen(tracer))
        hooks = hooks_text(tracer.attachment)
    if not options.quiet:
        _say_end(tracer, printed, causes, unseen)
        if options.verbose:
            say(f"hooks: {hooks}")
    return exits.OK


def _parse(arguments: Sequence[str]) -> Options:
    parser = Parser("pyicmp why", DESCRIPTION, EPILOG)
    parser.add_argument("host", nargs="?", metavar="HOST", help="address or prefix, of either end")
    parser.add_argument("-4", dest="ipv4", action="store_true", help="IPv4 only")
    parser.add_argument("-6", dest="ipv6", action="store_true", help="IPv6 only")
    add_stop(parser)
    parser.add_argument(
        "-o",
        "--output",
        choices=VERDICT_FORMATS,
        default=VERDICT_FORMATS[0],
        metavar="FORMAT",
        help=f"{' or '.join(VERDICT_FORMATS)} (text)",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="no summary on stderr")
    parser.add_argument("-v", "--verbose", action="store_true", help="all that is known of each")
    return parser.parse_args(arguments, namespace=Options())


def _print(tracer: VerdictTracer, options: Options, causes: Causes) -> int:
    """Return how many verdicts were written."""
    text = VerdictText(details=options.verbose)

    def render(verdicts: list[Verdict]) -> bytes:
        causes.add(verdicts)
        return render_json(verdicts) if options.output == "json" else text(verdicts)

    batches = tracer.batches(options.duration, [STDOUT], BATCH_LEN)
    return write_all(batches, render, Output(STDOUT, tracer.stop_fd), options.count)


def _unseen(tracer: VerdictTracer) -> list[str]:
    """Return what could not be seen on this kernel."""
    attachment = tracer.attachment
    lines = [
        f"without {hook.name}, not seen is {hook.loses}: {error.why}"
        for hook, error in attachment.missing
        if hook.loses
    ]
    if not tracer.has_reasons:
        lines.append("this kernel gives no drop reasons (Linux 5.17 does): the place must tell")
    if not tracer.has_counters:
        lines.append("the kernel's own counters are not read here: one witness less for each reply")
    return lines


def _say_end(tracer: VerdictTracer, printed: int, causes: Causes, unseen: list[str]) -> None:
    stats = tracer.stats
    for sentence in causes.sentences():
        say(sentence)
    for line in unseen:
        say(line)
    missed = "unknown" if stats.missed is None else stats.missed
    say(f"{printed} verdicts, {stats.lost} lost, missed by the hooks: {missed}")
