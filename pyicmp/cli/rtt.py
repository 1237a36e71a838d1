"""``pyicmp rtt``: round-trip times of echoes, by peer."""

from __future__ import annotations

from pyicmp.cli.filters import (
    FilterOptions,
    add_filters,
    light,
    numbers,
    owners,
    request_arguments,
)
from pyicmp.cli.live import (
    exit_code,
    hooks_text,
    print_all,
    require_stdout,
    say_end,
    size_text,
    stop_on_signals,
)
from pyicmp.cli.options import (
    LiveOptions,
    add_attach,
    add_how,
    add_show,
    add_stop,
    seconds,
    style,
    view_arguments,
)
from pyicmp.cli.parser import Parser, one_of
from pyicmp.cli.stderr import say
from pyicmp.icmp.hooks import WAYS
from pyicmp.sinks.rtt import RTT_FORMATS, rtt_renderer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyicmp.icmp.rtt.tracer import RttTracer

__all__ = ["run"]

# What a row is.
BY = ("process", "peer")
DESCRIPTION = """\
Measure the round trips of ICMP echoes (ping), without sending any: whatever
program sends them, in every network namespace. By peer and process: sent,
answered, lost, late, duplicate; least, mean, most, deviation, quantiles, and a
histogram. Of requests that this host answers: how long it takes to reply.

--split shows where the time went: in this host before the wire, on the wire
and in the peer, in this host after it, and until the process had read the
reply, which may be late by itself. It takes fentry and fexit.
"""
EPILOG = """\
examples:
  pyicmp rtt                  until Ctrl-C, then all that has been seen
  pyicmp rtt -i 10 192.0.2.7  every ten seconds, one peer
  pyicmp rtt --split -d 60 --comm ping
  pyicmp rtt -i 60 -o json | jq -c '[.peer, .rtt.p99_ns, .lost]'

A request without a reply in time is lost, even if one comes later. What each
number means, and how exact it is: docs/rtt.md
"""


class Options(LiveOptions, FilterOptions):
    """One command line, parsed."""

    peers: list[str]
    interval: float | None
    timeout: float
    split: bool
    by: str
    attach: str


def run(arguments: Sequence[str]) -> int:
    """Measure until told to stop, and return the exit code."""
    options = _parse(arguments)
    require_stdout()
    tracer = _tracer(options)
    stop_on_signals(tracer.stop)
    with tracer:
        say(f"measuring round trips (ring {size_text(tracer.buffer_len)}), Ctrl-C ends")
        print_all(tracer, options, rtt_renderer(options.output, style(options)))
        unseen, hooks = tracer.unseen(), hooks_text(tracer.attachment)
    if not options.quiet:
        for line in unseen:
            say(line)
        say_end(tracer, options, "messages", tracer.stats.emitted, hooks)
    return exit_code(tracer, options)


def _tracer(options: Options) -> RttTracer:
    from pyicmp.icmp.rtt.tracer import RttTracer  # not above: --help needs no libbpf

    options.host += options.peers
    return RttTracer(
        interval=options.interval,
        timeout=options.timeout,
        split=options.split,
        by_process=options.by == "process",
        attach=options.attach,
        **view_arguments(options),
        **request_arguments(options),
    )


def _parse(arguments: Sequence[str]) -> Options:
    parser = Parser("pyicmp rtt", DESCRIPTION, EPILOG)
    parser.add_argument("peers", nargs="*", metavar="HOST", help="address or prefix of the peer")
    what = parser.add_argument_group("what is measured")
    text = "report every SECS seconds, of these"
    what.add_argument("-i", "--interval", type=seconds, metavar="SECS", help=text)
    text = "what has no reply after SECS is lost (1)"
    what.add_argument("--timeout", type=seconds, default=1.0, metavar="SECS", help=text)
    what.add_argument("--split", action="store_true", help="where the time went")
    text = f"a row for each {' or '.join(BY)} ({BY[0]})"
    what.add_argument("--by", type=one_of(BY), default=BY[0], metavar="WHAT", help=text)
    add_filters(parser, numbers, owners, light, what="echoes")
    add_stop(parser, "reports")
    add_show(parser, RTT_FORMATS)
    add_attach(add_how(parser), WAYS)
    return parser.parse_args(arguments, namespace=Options())
