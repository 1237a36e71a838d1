"""The flags that the live views share: when to stop, what is printed, how it is traced."""

from __future__ import annotations

import argparse
import math

from pyicmp.cli.parser import one_of
from pyicmp.sinks import TIMES, Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyicmp.icmp.view import ViewArguments

    Group = argparse._ArgumentGroup

__all__ = [
    "LiveOptions",
    "add_attach",
    "add_how",
    "add_show",
    "add_stop",
    "seconds",
    "style",
    "view_arguments",
]

SUFFIXES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class LiveOptions(argparse.Namespace):
    """What these flags set."""

    count: int | None
    duration: float | None
    output: str
    time: str
    numeric: bool
    color: str
    quiet: bool
    verbose: bool
    strict: bool
    buffer: int
    object: str | None
    btf: str | None


def add_stop(parser: argparse.ArgumentParser, what: str = "messages") -> None:
    """Add the flags that say when a live view ends: after so many of *what*."""
    stop = parser.add_argument_group("when to stop")
    stop.add_argument("-c", "--count", type=_count, metavar="N", help=f"after N {what}")
    stop.add_argument("-d", "--duration", type=seconds, metavar="SECS", help="after SECS seconds")


def add_show(parser: argparse.ArgumentParser, formats: Sequence[str]) -> Group:
    """
    Add the flags that say what is printed, and return their group.

    Args:
        parser: What they are added to.
        formats: What ``-o`` takes, the default first.
    """
    show = parser.add_argument_group("what is printed")

    def add(*flags: str, choices: Sequence[str], metavar: str) -> None:
        text, take = f"{', '.join(choices)} ({choices[0]})", one_of(choices)
        show.add_argument(*flags, type=take, default=choices[0], metavar=metavar, help=text)

    add("-o", "--output", choices=formats, metavar="FORMAT")
    add("--time", choices=TIMES, metavar="FORM")
    add("--color", choices=("auto", "always", "never"), metavar="WHEN")
    show.add_argument("-n", dest="numeric", action="store_true", help="no names of namespaces")
    show.add_argument("-q", "--quiet", action="store_true", help="no notes, no summary on stderr")
    show.add_argument(
        "-v", "--verbose", action="store_true", help="all details, logs with errors, a full ledger"
    )
    show.add_argument("--strict", action="store_true", help="exit with 5 if anything was lost")
    return show


def add_how(parser: argparse.ArgumentParser) -> Group:
    """Add the flags that say how it is traced, and return their group."""
    how = parser.add_argument_group("how it is traced")
    how.add_argument(
        "--buffer", type=_size, default="8M", metavar="SIZE", help="ring buffer: 64K, 8M, 1G (8M)"
    )
    how.add_argument("--object", metavar="FILE", help="another prebuilt icmp.bpf.o")
    how.add_argument("--btf", metavar="FILE", help="the kernel's BTF, if it has none itself")
    return how


def add_attach(how: Group, ways: Sequence[str]) -> None:
    """Add the flag that says by which of *ways*, the best first."""
    how.add_argument(
        "--attach",
        type=one_of(("auto", *ways)),
        default="auto",
        metavar="WAY",
        help=f"{', '.join(ways)}, or auto: the first that works",
    )


def view_arguments(options: LiveOptions) -> ViewArguments:
    """Return what the flags of ``add_how`` ask for."""
    return {"object": options.object, "btf": options.btf, "buffer": options.buffer}


def style(options: LiveOptions, *, hex: bool = False) -> Style:  # noqa: A002 - what it is
    """Return how lines for people are to look."""
    from pyicmp.cli.stdout import wants_color

    return Style(
        options.time,
        details=options.verbose,
        numeric=options.numeric,
        hex=hex,
        color=wants_color(options.color),
    )


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a count; give 1 or more")
    return int(text)


def seconds(text: str) -> float:
    """Return a length of time that was given as text."""
    try:
        given = float(text)
    except ValueError:
        given = math.nan
    if not 0 < given < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time; give seconds above 0")
    return given


def _size(text: str) -> int:
    digits, suffix = (text, "") if text[-1:].isdigit() else (text[:-1], text[-1:].upper())
    if not digits.isascii() or not digits.isdigit() or suffix not in SUFFIXES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; give 64K, 8M, 1G")
    return int(digits) * SUFFIXES[suffix]
