"""Alternatives for one purpose, chosen by trying them in order, never by kernel version."""

from __future__ import annotations

from pyicmp.bpf.generic import Generic
from pyicmp.errors import BpfError, NotPermitted, NotSupported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    T = TypeVar("T")
else:
    T = None

__all__ = ["Plan", "Way"]


class Way(Generic[T]):
    """
    One way to reach a purpose.

    Args:
        name: What people call it: ``kretprobe``.
        attempt: Does it and returns what it made; raises BpfError if the kernel refuses.
        differs: What one sees differently this way than by the ways before it.
    """

    def __init__(self, name: str, attempt: Callable[[], T], differs: str = "") -> None:
        self.name, self.attempt, self.differs = name, attempt, differs


class Plan(Generic[T]):
    """
    Ways to one purpose, in order of preference.

    Args:
        purpose: What they are for, as the object of "cannot": ``trace ICMP``.
        ways: At least one.

    Attributes:
        chosen: The way that worked, once ``choose()`` has returned.
        failures: The ways that did not, each with its error.

    Example:
        >>> plan = Plan("count", [Way("by hand", lambda: 1), Way("by machine", lambda: 2)])
        >>> plan.choose(), plan.explain()
        (1, ['count: by hand'])
    """

    def __init__(self, purpose: str, ways: Sequence[Way[T]]) -> None:
        self.purpose, self.ways = purpose, ways
        self.chosen: Way[T] | None = None
        self.failures: list[tuple[Way[T], BpfError]] = []

    def choose(self) -> T:
        """
        Try each way until one works, and return what it made.

        Raises:
            NotPermitted: Every way failed, some for want of a privilege; names each with its errno.
            NotSupported: Every way failed, none for want of one; likewise.
            PyicmpError: An error that is not the kernel's, from the first way that met it.
        """
        for way in self.ways:
            try:
                made = way.attempt()
            except BpfError as error:
                self.failures.append((way, error))
            else:
                self.chosen = way
                return made
        raise self._error()

    def explain(self) -> list[str]:
        """Return lines for people: what was chosen, what was not and why, and what that changes."""
        lines = [f"{self.purpose}: {self.chosen.name}"] if self.chosen else []
        lines += [f"not by {way.name}: {error.why}" for way, error in self.failures]
        if self.chosen and self.chosen.differs:
            lines.append(f"{self.chosen.name} {self.chosen.differs}")
        return lines

    def _error(self) -> BpfError:
        errors = [error for _, error in self.failures]
        if len({error.why for error in errors}) == 1:
            return errors[0]
        # A privilege can be had, another kernel not so soon: it decides what is to be done.
        refused = [error for error in errors if isinstance(error, NotPermitted)]
        kind: type[BpfError] = NotPermitted if refused else NotSupported
        decisive = refused or errors
        tried = ", ".join(f"{way.name} ({error.why})" for way, error in self.failures)
        fixes = [error.fix for error in decisive if error.fix]
        return kind(
            f"cannot {self.purpose}",
            f"tried {tried}",
            fixes[-1] if fixes else "",
            errno=decisive[-1].errno or 0,
            call=decisive[-1].call,
            log="\n".join(error.log for error in errors),
        )
