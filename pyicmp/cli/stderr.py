"""What is said to people: on standard error, a line at a time."""

from __future__ import annotations

import sys

from pyicmp.errors import printable

__all__ = ["Progress", "complain", "detail", "say"]


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


class Progress:
    """
    A line that counts up on a terminal, and is gone at the end; elsewhere nothing.

    Args:
        total: How many steps there will be.
        what: Of what.
    """

    def __init__(self, total: int, what: str) -> None:
        self._total, self._what, self._done = total, what, 0
        self._shown = sys.stderr is not None and sys.stderr.isatty() and total > 1

    def __enter__(self) -> Progress:
        return self

    def step(self) -> None:
        """Count one more."""
        self._done += 1
        if self._shown:
            _print(f"\r# {self._done} of {self._total} {self._what}", end="")

    def __exit__(self, *_: object) -> None:
        if self._shown:
            _print("\r\x1b[K", end="")


def _print(line: str, end: str = "\n") -> None:
    try:
        if sys.stderr is not None:
            print(line, end=end, file=sys.stderr, flush=True)
    except OSError:  # nobody listens: the exit code still tells
        pass
