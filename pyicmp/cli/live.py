"""What the live views share: where lines go, when to end, what is said at the end."""

from __future__ import annotations

import signal
import sys

from pyicmp.cli import exits
from pyicmp.cli.stderr import say
from pyicmp.cli.stdout import STDOUT, Output
from pyicmp.errors import PyicmpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar

    from pyicmp.cli.options import LiveOptions
    from pyicmp.icmp.attachment import Attachment
    from pyicmp.icmp.view import View

    Seen = TypeVar("Seen")

__all__ = [
    "buffers_text",
    "exit_code",
    "hooks_text",
    "print_all",
    "require_stdout",
    "run_view",
    "say_end",
    "size_text",
    "stop_on_signals",
]

# Records rendered between two looks at whether to stop: some 10 ms of JSON.
BATCH_LEN = 1024
# People call it by what it is, not by how BPF declares it.
WAY_NAMES = {"tp_btf": "tracepoint", "raw_tp": "tracepoint"}


def run_view(
    view: View[Seen, Any],
    options: LiveOptions,
    doing: str,
    noun: str,
    render: Callable[[list[Seen]], bytes],
    closing: Callable[[], Iterable[str]] = tuple,
    last: Callable[[], bytes] = bytes,
) -> int:
    """
    Run a live view until it is told to stop, and return the exit code.

    Args:
        view: What is shown; not open yet.
        options: How.
        doing: What is going on, for the line that says that all is attached.
        noun: What is counted at the end.
        render: Makes lines of what comes.
        closing: Gives the notes for the end, once all has been rendered.
        last: Makes what is printed below the lines, likewise.
    """
    stop_on_signals(view.stop)
    with view:
        say(f"{doing} ({buffers_text(view)}), Ctrl-C ends")
        printed = print_all(view, options, render)
        Output(STDOUT, view.stop_fd).write(last())
        unseen, hooks = view.unseen(), hooks_text(view.attachment)
    if not options.quiet:
        for line in (*closing(), *unseen):
            say(line)
        say_end(view, options, noun, printed, hooks)
    return exit_code(view, options)


def exit_code(view: View[Any, Any], options: LiveOptions) -> int:
    """Return the exit code of a view that has ended well."""
    lost = view.stats.lost + view.stats.verdicts_lost
    return exits.LOST if options.strict and lost else exits.OK


def print_all(
    view: View[Seen, Any], options: LiveOptions, render: Callable[[list[Seen]], bytes]
) -> int:
    """Print what comes until the view ends, and return how much of it was written."""
    batches = view.batches(options.duration, [STDOUT], BATCH_LEN)
    return _write_all(batches, render, Output(STDOUT, view.stop_fd), options.count)


def say_end(
    view: View[Any, Any], options: LiveOptions, noun: str, printed: int, hooks: str
) -> None:
    """Say the ledger: what was printed, what was lost, and more if that is asked for."""
    stats = view.stats
    counts = [f"{printed} {noun}", f"{stats.lost} lost ({buffers_text(view)})"]
    if stats.verdicts_lost:
        counts.append(f"{stats.verdicts_lost} verdicts lost")
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


def require_stdout() -> None:
    """Refuse to run if there is nowhere to print to."""
    if sys.stdout is None:
        raise PyicmpError("cannot write to standard output", "it is closed", "redirect it")


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Call *stop* on Ctrl-C, SIGTERM and SIGHUP."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop())


def hooks_text(attachment: Attachment) -> str:
    """Return what was attached, each with how."""
    hooks = dict.fromkeys((name, WAY_NAMES.get(way, way)) for name, way in attachment.hooks)
    return ", ".join(f"{name} via {way}" for name, way in hooks)


def buffers_text(view: View[Any, Any]) -> str:
    """Return what the records come through, and how large it is."""
    transport = view.transport
    size, many = size_text(transport.buffer_len), "s" if transport.count > 1 else ""
    return f"ring {size}" if transport.is_ring else f"{transport.count} perf buffer{many} of {size}"


def size_text(length: int) -> str:
    """Return a size in bytes, in the largest unit that needs no fraction."""
    for unit, suffix in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if length >= unit and length % unit == 0:
            return f"{length // unit} {suffix}"
    return f"{length} bytes"


def _write_all(
    batches: Iterable[Iterable[Seen]],
    render: Callable[[list[Seen]], bytes],
    output: Output,
    count: int | None,
) -> int:
    """
    Write what comes, at most *count* of it, and return how much was written.

    Args:
        batches: What comes.
        render: Makes lines of it.
        output: Where they go.
        count: After how many to end; None: never.
    """
    printed = 0
    for batch in batches:
        events = list(batch)
        if count is not None:
            del events[count - printed :]
        lines = render(events)
        written = output.write(lines)
        if written < len(lines):
            return printed + len(events) * lines.count(b"\n", 0, written) // lines.count(b"\n")
        printed += len(events)
        if printed == count:
            break
    return printed
