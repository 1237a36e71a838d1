"""Runs the command line as a user would, beside known traffic and the kernel's own counters."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
OBJECT = ROOT / "build" / "icmp.bpf.o"
CHECKOUT = (sys.executable, "-m", "pyicmp")
READY_TIMEOUT = 60.0


class Run:
    """
    One ``pyicmp`` process, started and attached.

    ``stdout`` and ``stderr`` are whole once ``end()`` has returned.

    Args:
        spool: Let it write to a file, for what is more than a pipe holds.
    """

    def __init__(
        self,
        *arguments: str,
        prefix: tuple[str, ...] = (),
        stdout: int = subprocess.PIPE,
        program: tuple[str, ...] = CHECKOUT,
        spool: bool = False,
    ) -> None:
        self._spool = tempfile.TemporaryFile() if spool else None  # noqa: SIM115
        self.process = subprocess.Popen(
            [*prefix, *program, *arguments],
            cwd=ROOT if program[:2] == CHECKOUT[:2] else "/",
            stdout=self._spool or stdout,
            stderr=subprocess.PIPE,
            bufsize=0,  # readline() must not take more than its line: communicate() has the rest
        )
        self.stdout = ""
        self.stderr = self._first_line()

    def _first_line(self) -> str:
        """Wait for the line that says that all is attached."""
        assert self.process.stderr is not None
        if not select.select([self.process.stderr], [], [], READY_TIMEOUT)[0]:
            self.process.kill()
            raise AssertionError("pyicmp said nothing on stderr")
        return self.process.stderr.readline().decode()

    def drain(self) -> None:
        """Wait until a spooled output has not grown for seconds: a slow machine lags behind."""
        assert self._spool is not None
        size = -1
        while (now := os.fstat(self._spool.fileno()).st_size) != size:
            size = now
            time.sleep(3)

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal, unless it has ended by itself, and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()

    def wait(self, timeout: float = 30.0) -> int:
        """Wait until it ends by itself, and return the exit code."""
        out, err = self.process.communicate(timeout=timeout)
        if self._spool:
            self._spool.seek(0)
            out = self._spool.read()
        self.stdout += (out or b"").decode()
        self.stderr += err.decode()
        return self.process.returncode

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdout, self.process.stderr, self._spool):
            if stream is not None:
                stream.close()

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of ``-o json``."""
        return [json.loads(line) for line in self.stdout.splitlines()]


@contextmanager
def traced(ways: Iterable[str], *arguments: str) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """
    Trace by several ways at once; when the ``with`` block has ended, there are their events.

    Args:
        ways: What ``--attach`` shall be, and what may follow it.
        arguments: Further ones, for all.
    """
    events: dict[str, list[dict[str, Any]]] = {}
    with ExitStack() as stack:
        tracers = {
            way: stack.enter_context(
                Run("-o", "json", *arguments, "--attach", *way.split(), spool=True)
            )
            for way in ways
        }
        yield events
        settle()
        for way, tracer in tracers.items():
            assert tracer.end() == 0
            events[way] = tracer.events


def run(*arguments: str, prefix: tuple[str, ...] = ()) -> Run:
    """Run to the end: for what fails, or stops by itself."""
    with Run(*arguments, prefix=prefix) as process:
        process.wait()
        return process


def error_line(process: Run) -> str:
    """Return the one line that a failure is, having made sure that it is one line."""
    lines = process.stderr.splitlines()
    assert len(lines) == 1, process.stderr
    assert lines[0].startswith("pyicmp: error: ")
    assert "Traceback" not in process.stderr
    assert process.stdout == ""
    return lines[0]


def ping(count: int, *options: str, to: str = "127.0.0.1", netns: str = "") -> None:
    """Send *count* echo requests, and make sure that each was answered."""
    prefix = ["ip", "netns", "exec", netns] if netns else []
    done = subprocess.run(
        [*prefix, "ping", "-n", "-c", str(count), "-i", "0.01", "-W", "5", *options, to],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    answered = re.search(r"(\d+) received", done.stdout)
    assert answered is not None, done.stdout + done.stderr
    assert int(answered[1]) == count, done.stdout


def settle() -> None:
    """Give the tracer time to read what has just been sent."""
    time.sleep(0.3)


def context_switches(pid: int) -> int:
    """Return how often a process has been woken or made to wait."""
    status = Path(f"/proc/{pid}/status").read_text()
    return sum(int(n) for n in re.findall(r"ctxt_switches:\s+(\d+)", status))


def icmp_in_msgs() -> int:
    """Return the kernel's own count of ICMP messages received in this network namespace."""
    names, values = [
        line.split()
        for line in Path("/proc/net/snmp").read_text().splitlines()
        if line.startswith("Icmp:")
    ]
    return int(values[names.index("InMsgs")])


def has_kprobes() -> bool:
    """Tell whether a kretprobe can be had on this kernel at all."""
    return Path("/sys/bus/event_source/devices/kprobe/type").exists()
