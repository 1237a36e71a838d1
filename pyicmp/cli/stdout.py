"""Writes to standard output without ever being stuck there."""

from __future__ import annotations

import os
import select
import stat
from time import monotonic

from pyicmp.errors import PyicmpError

__all__ = ["STDOUT", "Output", "wants_color"]

STDOUT = 1

# A pipe that polls as writable takes this much without blocking (POSIX: PIPE_BUF).
CHUNK_LEN = 4096
# Once the run is to stop, a reader has so long (seconds) to take what was said before.
LAST_WRITE = 0.1


def wants_color(when: str) -> bool:
    """Tell whether to colour standard output: ``auto``, ``always`` or ``never``."""
    if when == "auto":
        return os.isatty(STDOUT) and not os.environ.get("NO_COLOR")
    return when == "always"


class Output:
    """
    A file descriptor to write to.

    Args:
        fd: The descriptor.
        stop_fd: Readable once the run is to stop: what nobody takes up soon is then left.
    """

    def __init__(self, fd: int, stop_fd: int) -> None:
        self.fd = fd
        self._blocks = not stat.S_ISREG(os.fstat(fd).st_mode)
        self._give_up: float | None = None
        self._writable = select.poll()
        self._writable_or_stop = select.poll()
        self._writable_or_stop.register(stop_fd, select.POLLIN)
        if self._blocks:
            self._writable.register(fd, select.POLLOUT)
            self._writable_or_stop.register(fd, select.POLLOUT)

    def write(self, data: bytes) -> int:
        """
        Write *data*, and return how many bytes of it: fewer if nobody reads them any more.

        Raises:
            PyicmpError: It cannot be written: no space, an I/O error.
        """
        view = memoryview(data)
        while view and (not self._blocks or self._wait()):
            try:
                view = view[os.write(self.fd, view[:CHUNK_LEN] if self._blocks else view) :]
            except BrokenPipeError:
                break
            except BlockingIOError:  # somebody else's O_NONBLOCK on a shared descriptor
                continue
            except OSError as error:
                raise PyicmpError(
                    "cannot write to standard output",
                    error.strerror or "",
                    "redirect it",
                ) from None
        return len(data) - len(view)

    def _wait(self) -> bool:
        """Wait until a chunk can be written, or it is time to give up."""
        if self._give_up is None:
            if any(fd == self.fd for fd, _ in self._writable_or_stop.poll()):
                return True
            self._give_up = monotonic() + LAST_WRITE
        return bool(self._writable.poll(max(0.0, self._give_up - monotonic()) * 1000))
