"""Loads the object and attaches it: what the tracer reads from."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

from pyicmp import bpf
from pyicmp.icmp.hooks import WAYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

__all__ = ["Attachment", "attach"]

EVENTS, COUNTERS, RECORD = "events", "counters", "icmp_event"


class Attachment:
    """
    An object in the kernel, attached by one way, with its ring and its counters.

    Attributes:
        way: Which of ``WAYS``.
        hook: The function or tracepoint really attached to.
        direction: ``in`` or ``out``: which way packets pass it.
    """

    def __init__(self, obj: bpf.Object, way: str) -> None:
        with ExitStack() as stack:
            stack.enter_context(obj)
            self.way, self.direction = way, WAYS[way].direction
            self.program = obj.programs[WAYS[way].program]
            self.layout = obj.layout(RECORD)
            self._counts = obj.layout("icmp_counters").unpacker("seen", "lost", "unreadable")
            self._counters = stack.enter_context(obj.maps[COUNTERS].mmap())
            self.ring = stack.enter_context(obj.ring(EVENTS, RECORD))
            self._link = stack.enter_context(self.program.attach())
            self.hook = self._link.function
            self._stack = stack.pop_all()

    def counters(self) -> tuple[int, int, int]:
        """Return messages seen, records lost in the kernel, and messages unreadable: all CPUs."""
        with memoryview(self._counters) as view:
            seen, lost, unreadable = zip(*self._counts.iter(view), strict=True)
        return sum(seen), sum(lost), sum(unreadable)

    def detach(self) -> None:
        """Leave the hook; ring and counters can still be read."""
        self._link.close()

    def after_fork(self) -> None:
        """In a child: free everything without a touch to what the parent has attached."""
        self._link.after_fork()
        self.ring.after_fork()
        self._stack.close()

    def close(self) -> None:
        """Detach and free everything; a second call does nothing."""
        self._stack.close()


def attach(
    way: str,
    source: str,
    sha256: str | None,
    btf: str | os.PathLike[str] | None,
    buffer_len: int,
) -> bpf.Plan[Attachment]:
    """
    Return the plan for the way to attach named *way*, or for all in order if it is ``auto``.

    Args:
        way: One of ``WAYS``, or ``auto``.
        source: Path of the object.
        sha256: What its bytes' SHA-256 must be; None if any object will do.
        btf: Path of another kernel BTF, or None.
        buffer_len: Size of the ring buffer, bytes.
    """

    def attempt(name: str) -> Attachment:
        with bpf.open(source, btf=btf, sha256=sha256) as opened:
            wanted = opened.programs[WAYS[name].program]
            for program in opened.programs.values():
                program.autoload = program is wanted
            opened.maps[EVENTS].max_entries = buffer_len
            opened.maps[COUNTERS].max_entries = bpf.possible_cpus()
            return Attachment(opened.load(), name)

    names = list(WAYS) if way == "auto" else [way]
    ways = [bpf.Way(name, partial(attempt, name), WAYS[name].differs) for name in names]
    return bpf.Plan("trace ICMP", ways)
