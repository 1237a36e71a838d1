"""``pyicmp trace``: one line per ICMP message."""

from __future__ import annotations

from contextlib import ExitStack

from pyicmp.cli.filters import request_arguments
from pyicmp.cli.live import (
    buffers_text,
    exit_code,
    hooks_text,
    print_all,
    require_stdout,
    say_end,
    stop_on_signals,
)
from pyicmp.cli.options import style, view_arguments
from pyicmp.cli.stderr import say
from pyicmp.icmp.tracer import Tracer
from pyicmp.sinks import renderer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.cli.child import Command
    from pyicmp.cli.trace_options import Options
    from pyicmp.icmp.trace_request import TraceArguments

__all__ = ["run"]

# Kept of each message for -x: what an Ethernet frame can hold.
HEX_LEN = 1500
LIGHT = (
    "light: not seen are forwarded packets, fragments before they are put together, what is"
    " dropped before ICMP gets it, what goes out from NDP, MLD, IP_HDRINCL or packet sockets,"
    " what becomes of echo requests, and, now and then, a message while a probe runs on that CPU"
)


def run(options: Options) -> int:
    """Trace until told to stop, and return the exit code."""
    require_stdout()
    is_legacy = options.output == "legacy"
    request: TraceArguments = {**request_arguments(options), "verdicts": not is_legacy}
    if is_legacy:  # the script that it stands for saw these only
        request["direction"], request["families"] = "in", [4]
        request["owners"], request["data_len"] = False, 0
    elif options.hex and options.snaplen is None:
        request["data_len"] = HEX_LEN
    with ExitStack() as stack:
        command = stack.enter_context(_command(options.traced)) if options.traced else None
        if command:
            request["root_pid"] = command.pid
        tracer = Tracer(attach=options.attach, **view_arguments(options), **request)
        stop_on_signals(tracer.stop)
        stack.enter_context(tracer)
        _say_start(tracer, options)
        if command:
            command.start(tracer.stop)
        render = renderer(options.output, style(options, hex=options.hex))
        printed = print_all(tracer, options, render)
        hooks = hooks_text(tracer.attachment)
    if not options.quiet:
        say_end(tracer, options, "events", printed, hooks)
    return exit_code(tracer, options)


def _command(arguments: list[str]) -> Command:
    from pyicmp.cli.child import Command  # imports threading

    return Command(arguments)


def _say_start(tracer: Tracer, options: Options) -> None:
    attachment = tracer.attachment
    say(f"tracing ICMP at {hooks_text(attachment)} ({buffers_text(tracer)}), Ctrl-C ends")
    if options.quiet or tracer.plan is None:
        return
    for line in tracer.plan.explain()[1:]:
        say(line)
    for hook, error in attachment.missing:
        say(f"without {hook.name}, {hook.loses}: {error.why}")
    if attachment.not_judging and options.verbose:
        say(f"without fentry and fexit, no verdicts on echo requests: {attachment.not_judging.why}")
    if options.light:
        say(LIGHT)
