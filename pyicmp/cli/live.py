"""What the live views share: where lines go, when to end, how the hooks are called."""

from __future__ import annotations

import signal
import sys

from pyicmp.errors import PyicmpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from pyicmp.cli.stdout import Output
    from pyicmp.icmp.attachment import Attachment

    Seen = TypeVar("Seen")

__all__ = [
    "BATCH_LEN",
    "hooks_text",
    "require_stdout",
    "size_text",
    "stop_on_signals",
    "write_all",
]

# Records rendered between two looks at whether to stop: some 10 ms of JSON.
BATCH_LEN = 1024
# People call it by what it is, not by how BPF declares it.
WAY_NAMES = {"tp_btf": "tracepoint", "raw_tp": "tracepoint"}


def require_stdout() -> None:
    """Refuse to run if there is nowhere to print to."""
    if sys.stdout is None:
        raise PyicmpError(
            "cannot write to standard output", "it is closed", "give it somewhere to go"
        )


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Call *stop* on Ctrl-C, SIGTERM and SIGHUP."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop())


def hooks_text(attachment: Attachment) -> str:
    """Return what was attached, each with how."""
    hooks = dict.fromkeys((name, WAY_NAMES.get(way, way)) for name, way in attachment.hooks)
    return ", ".join(f"{name} via {way}" for name, way in hooks)


def size_text(length: int) -> str:
    """Return a size in bytes, in the largest unit that needs no fraction."""
    for unit, suffix in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if length >= unit and length % unit == 0:
            return f"{length // unit} {suffix}"
    return f"{length} bytes"


def write_all(
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
