"""``pyicmp trace``: one line per ICMP message."""

from __future__ import annotations

import signal
import sys

from pyicmp.cli import exits
from pyicmp.cli.stderr import say
from pyicmp.cli.stdout import Output
from pyicmp.errors import PyicmpError
from pyicmp.icmp.tracer import Tracer
from pyicmp.sinks import renderer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.cli.options import Options

__all__ = ["run"]

STDOUT = 1
# Records rendered between two looks at whether to stop: some 10 ms of JSON.
BATCH_LEN = 1024


def run(options: Options) -> int:
    """Trace until told to stop, and return the exit code."""
    if sys.stdout is None:
        raise PyicmpError(
            "cannot write to standard output", "it is closed", "give it somewhere to go"
        )
    tracer = Tracer(
        attach=options.attach, object=options.object, btf=options.btf, buffer=options.buffer
    )
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: tracer.stop())
    with tracer:
        _say_start(tracer, options)
        printed = _print_events(tracer, options)
        hook, way = tracer.attachment.hook, tracer.attachment.way
    if not options.quiet:
        _say_end(tracer, printed, f"{hook} via {way}", options)
    return exits.LOST if options.strict and tracer.stats.lost else exits.OK


def _print_events(tracer: Tracer, options: Options) -> int:
    """Return how many events were written."""
    render, output = renderer(options.output), Output(STDOUT, tracer.stop_fd)
    printed = 0
    for batch in tracer.batches(options.duration, [STDOUT], BATCH_LEN):
        events = list(batch)
        if options.count is not None:
            del events[options.count - printed :]
        lines = render(events)
        written = output.write(lines)
        if written < len(lines):
            return printed + lines.count(b"\n", 0, written)
        printed += len(events)
        if printed == options.count:
            break
    return printed


def _say_start(tracer: Tracer, options: Options) -> None:
    hook, way = tracer.attachment.hook, tracer.attachment.way
    say(f"tracing ICMP at {hook} via {way} (ring {_size(tracer.buffer_len)}), Ctrl-C ends")
    if not options.quiet and tracer.plan is not None:
        for line in tracer.plan.explain()[1:]:
            say(line)


def _say_end(tracer: Tracer, printed: int, hooks: str, options: Options) -> None:
    stats = tracer.stats
    counts = [f"{printed} events", f"{stats.lost} lost (ring {_size(tracer.buffer_len)})"]
    if stats.unread:
        counts.append(f"{stats.unread} not read before the end")
    if stats.emitted > printed != options.count:
        counts.append(f"{stats.emitted - printed} not printed")
    if stats.unreadable:
        counts.append(f"{stats.unreadable} unreadable")
    if stats.missed:
        counts.append(f"{stats.missed} missed by the hook")
    say(f"{', '.join(counts)}, hooks: {hooks}")
    if options.verbose:
        missed = "unknown" if stats.missed is None else stats.missed
        say(
            f"{stats.seen} seen = {stats.emitted} emitted + {stats.lost} lost"
            f" + {stats.unreadable} unreadable + {stats.unread} not read; missed: {missed}"
        )


def _size(length: int) -> str:
    for unit, suffix in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if length >= unit and length % unit == 0:
            return f"{length // unit} {suffix}"
    return f"{length} bytes"
