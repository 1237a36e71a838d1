"""``pyicmp trace``: one line per ICMP message."""

from __future__ import annotations

from contextlib import ExitStack

from pyicmp.cli import exits
from pyicmp.cli.filters import request_arguments
from pyicmp.cli.live import (
    BATCH_LEN,
    hooks_text,
    require_stdout,
    size_text,
    stop_on_signals,
    write_all,
)
from pyicmp.cli.stderr import say
from pyicmp.cli.stdout import STDOUT, Output, wants_color
from pyicmp.icmp.tracer import Tracer
from pyicmp.sinks import Style, renderer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.cli.child import Command
    from pyicmp.cli.options import Options

__all__ = ["run"]

# Kept of each message for -x: what an Ethernet frame can hold.
HEX_LEN = 1500
LIGHT = (
    "light: not seen are forwarded packets, fragments before they are put together, what is"
    " dropped before ICMP gets it, what goes out from NDP, MLD, IP_HDRINCL or packet sockets,"
    " and, now and then, a message while a probe runs on that CPU"
)


def run(options: Options) -> int:
    """Trace until told to stop, and return the exit code."""
    require_stdout()
    request = request_arguments(options)
    if options.output == "legacy":  # the script that it stands for saw these only
        request["direction"], request["families"] = "in", [4]
        request["owners"], request["data_len"] = False, 0
    elif options.hex and options.snaplen is None:
        request["data_len"] = HEX_LEN
    with ExitStack() as stack:
        command = stack.enter_context(_command(options.traced)) if options.traced else None
        if command:
            request["root_pid"] = command.pid
        tracer = Tracer(
            attach=options.attach,
            object=options.object,
            btf=options.btf,
            buffer=options.buffer,
            **request,
        )
        stop_on_signals(tracer.stop)
        stack.enter_context(tracer)
        _say_start(tracer, options)
        if command:
            command.start(tracer.stop)
        printed = _print_events(tracer, options)
        hooks = hooks_text(tracer.attachment)
    if not options.quiet:
        _say_end(tracer, printed, hooks, options)
    return exits.LOST if options.strict and tracer.stats.lost else exits.OK


def _command(arguments: list[str]) -> Command:
    from pyicmp.cli.child import Command  # imports threading

    return Command(arguments)


def _print_events(tracer: Tracer, options: Options) -> int:
    """Return how many events were written."""
    style = Style(
        options.time,
        details=options.verbose,
        numeric=options.numeric,
        hex=options.hex,
        color=wants_color(options.color),
    )
    render, output = renderer(options.output, style), Output(STDOUT, tracer.stop_fd)
    batches = tracer.batches(options.duration, [STDOUT], BATCH_LEN)
    return write_all(batches, render, output, options.count)


def _say_start(tracer: Tracer, options: Options) -> None:
    attachment = tracer.attachment
    ring = size_text(tracer.buffer_len)
    say(f"tracing ICMP at {hooks_text(attachment)} (ring {ring}), Ctrl-C ends")
    if options.quiet or tracer.plan is None:
        return
    for line in tracer.plan.explain()[1:]:
        say(line)
    for hook, error in attachment.missing:
        say(f"without {hook.name}, {hook.loses}: {error.why}")
    if options.light:
        say(LIGHT)


def _say_end(tracer: Tracer, printed: int, hooks: str, options: Options) -> None:
    stats = tracer.stats
    counts = [f"{printed} events", f"{stats.lost} lost (ring {size_text(tracer.buffer_len)})"]
    if stats.unread:
        counts.append(f"{stats.unread} not read before the end")
    if stats.emitted > printed != options.count:
        counts.append(f"{stats.emitted - printed} not printed")
    if stats.filtered and options.verbose:
        counts.append(f"{stats.filtered} not asked for")
    if stats.unreadable:
        counts.append(f"{stats.unreadable} unreadable")
    if stats.missed:
        counts.append(f"{stats.missed} missed by the hooks")
    say(f"{', '.join(counts)}, hooks: {hooks}")
    if options.verbose:
        missed = "unknown" if stats.missed is None else stats.missed
        say(
            f"{stats.seen} seen = {stats.filtered} not asked for"
            f" + {stats.emitted} emitted + {stats.lost} lost"
            f" + {stats.unreadable} unreadable + {stats.unread} not read; missed: {missed}"
        )
