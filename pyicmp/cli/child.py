"""``-- CMD ARG…``: a command that starts when all is attached, and ends the run with it."""

from __future__ import annotations

import os
import signal
import threading

from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Command"]

# What the messages that answer its last ones have to come, seconds.
LINGER = 0.3
NOT_EXECUTED = 127


class Command:
    """
    A child process that waits to be started, so that its number is known before.

    Args:
        arguments: The command and its arguments.

    Attributes:
        pid: Its process.

    Raises:
        UsageError: There is no such command.
    """

    def __init__(self, arguments: list[str]) -> None:
        from shutil import which

        path = which(arguments[0])
        if path is None:
            raise UsageError(f"there is no command {arguments[0]!r}", "", "see PATH")
        waits, self._go = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._go)
            self._become(path, arguments, waits)
        os.close(waits)
        self._started = False

    @staticmethod
    def _become(path: str, arguments: list[str], waits: int) -> None:
        """In the child: wait for the word, and become the command."""
        try:
            if os.read(waits, 1):
                os.execv(path, arguments)  # noqa: S606 - what was asked for
        except OSError as error:
            os.write(2, f"pyicmp: error: cannot run {path}; {error.strerror}\n".encode())
        finally:
            os._exit(NOT_EXECUTED)

    def start(self, ended: Callable[[], None]) -> None:
        """
        Let it run.

        Args:
            ended: Called soon after it has ended, from another thread.
        """
        os.write(self._go, b"!")
        self._started = True
        threading.Thread(target=self._wait, args=(ended,), daemon=True).start()

    def _wait(self, ended: Callable[[], None]) -> None:
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        threading.Event().wait(LINGER)
        ended()

    def close(self) -> None:
        """End it, if it has not ended, and wait for that."""
        os.close(self._go)
        if self._started:
            os.kill(self.pid, signal.SIGTERM)  # not waited for yet, so the number is still its own
        os.waitpid(self.pid, 0)

    def __enter__(self) -> Command:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
