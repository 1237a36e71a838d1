"""What is said to people: on standard error, a line at a time."""

from __future__ import annotations

import sys

from pyicmp.errors import printable

__all__ = ["complain", "detail", "say"]


def say(text: str) -> None:
    """Print a note, marked so that it is not taken for data."""
    _print(f"# {printable(text)}")


def complain(text: str) -> None:
    """Print an error: one line, ``pyicmp: error: what; why; what to do``."""
    _print(f"pyicmp: error: {text}")


def detail(log: str) -> None:
    """Print what libbpf and the verifier said, for ``-v``; many lines."""
    for line in log.splitlines():
        _print(f"#   {printable(line)}")


def _print(line: str) -> None:
    try:
        if sys.stderr is not None:
            print(line, file=sys.stderr, flush=True)
    except OSError:  # nobody listens: the exit code still tells
        pass
