"""``pyicmp trace``: one line per ICMP message."""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack

from pyicmp.cli import exits
from pyicmp.cli.filters import request_arguments
from pyicmp.cli.stderr import say
from pyicmp.cli.stdout import STDOUT, Output, wants_color
from pyicmp.errors import PyicmpError
from pyicmp.icmp.tracer import Tracer
from pyicmp.sinks import Style, renderer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.cli.child import Command
    from pyicmp.cli.options import Options
    from pyicmp.icmp.attachment import Attachment

__all__ = ["run"]

# Records rendered between two looks at whether to stop: some 10 ms of JSON.
BATCH_LEN = 1024
# Kept of each message for -x: what an Ethernet frame can hold.
HEX_LEN = 1500
# People call it by what it is, not by how BPF declares it.
WAY_NAMES = {"tp_btf": "tracepoint"}
LIGHT = (
    "light: not seen are forwarded packets, fragments before they are put together, what is"
    " dropped before ICMP gets it, what goes out from NDP, MLD, IP_HDRINCL or packet sockets,"
    " and, now and then, a message while a probe runs on that CPU"
)


def run(options: Options) -> int:
    """Trace until told to stop, and return the exit code."""
    if sys.stdout is None:
        raise PyicmpError(
            "cannot write to standard output", "it is closed", "give it somewhere to go"
        )
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
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: tracer.stop())
        stack.enter_context(tracer)
        _say_start(tracer, options)
        if command:
            command.start(tracer.stop)
        printed = _print_events(tracer, options)
        hooks = _hooks(tracer.attachment)
    if not options.quiet:
        _say_end(tracer, printed, hooks, options)
    return exits.LOST if options.strict and tracer.stats.lost else exits.OK


def _command(arguments: list[str]) -> Command:
    from pyicmp.cli.child import Command  # imports threading

    return Command(arguments)


def _hooks(attachment: Attachment) -> str:
    """Return what was attached, each with how."""
    hooks = dict.fromkeys((name, WAY_NAMES.get(way, way)) for name, way in attachment.hooks)
    return ", ".join(f"{name} via {way}" for name, way in hooks)


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
    printed = 0
    for batch in tracer.batches(options.duration, [STDOUT], BATCH_LEN):
        events = list(batch)
        if options.count is not None:
            del events[options.count - printed :]
        lines = render(events)
        written = output.write(lines)
        if written < len(lines):
            return printed + len(events) * lines.count(b"\n", 0, written) // lines.count(b"\n")
        printed += len(events)
        if printed == options.count:
            break
    return printed


def _say_start(tracer: Tracer, options: Options) -> None:
    attachment = tracer.attachment
    say(f"tracing ICMP at {_hooks(attachment)} (ring {_size(tracer.buffer_len)}), Ctrl-C ends")
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
    counts = [f"{printed} events", f"{stats.lost} lost (ring {_size(tracer.buffer_len)})"]
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


def _size(length: int) -> str:
    for unit, suffix in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if length >= unit and length % unit == 0:
            return f"{length // unit} {suffix}"
    return f"{length} bytes"
