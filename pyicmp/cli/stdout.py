"""Writes to standard output without ever being stuck there."""

from __future__ import annotations

import os
import select
import stat

from pyicmp.errors import PyicmpError

__all__ = ["Gone", "Output"]

# A pipe that polls as writable takes this much without blocking (POSIX: PIPE_BUF).
CHUNK_LEN = 4096


class Gone(Exception):  # noqa: N818 - not an error
    """Whoever read the output has gone, or the run is to stop while nobody reads it."""


class Output:
    """
    A file descriptor to write to.

    Args:
        fd: The descriptor.
        stop_fd: Readable once the run is to stop: a write that nobody takes up ends then.
    """

    def __init__(self, fd: int, stop_fd: int) -> None:
        self.fd = fd
        self._stop_fd = stop_fd
        self._blocks = not stat.S_ISREG(os.fstat(fd).st_mode)
        self._poll = select.poll()
        self._poll.register(stop_fd, select.POLLIN)
        if self._blocks:
            self._poll.register(fd, select.POLLOUT)

    def write(self, data: bytes) -> None:
        """
        Write all of *data*.

        Raises:
            Gone: Nobody reads any more.
            PyicmpError: It cannot be written: no space, an I/O error.
        """
        view = memoryview(data)
        while view:
            if self._blocks:
                self._wait()
            try:
                written = os.write(self.fd, view[:CHUNK_LEN] if self._blocks else view)
            except BrokenPipeError:
                raise Gone from None
            except BlockingIOError:  # somebody else's O_NONBLOCK on a shared descriptor
                continue
            except OSError as error:
                raise PyicmpError(
                    "cannot write to standard output",
                    error.strerror or "",
                    "give it somewhere to go",
                ) from None
            view = view[written:]

    def _wait(self) -> None:
        ready = dict(self._poll.poll())
        if self.fd not in ready:
            raise Gone
