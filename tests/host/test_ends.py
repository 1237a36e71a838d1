"""However it ends, it ends soon, says what it counted, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.bpf_ids import nothing_left
from tests.tracing import Run, error_line, ping

FLOOD = ["ping", "-f", "-q", "-n", "-c", "1000000", "127.0.0.1"]
# 200 ms is the promise; the rest is what a loaded machine with two cores takes to run Python.
SOON = 0.2 + 0.3


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    with nothing_left():
        yield


@pytest.fixture
def flood() -> Iterator[None]:
    with subprocess.Popen(FLOOD, stdout=subprocess.DEVNULL) as process:
        time.sleep(0.2)
        yield
        process.terminate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_when_idle(number: int) -> None:
    with Run() as tracer:
        start = time.monotonic()
        assert tracer.end(number) == 0
        assert time.monotonic() - start < SOON
    assert re.search(r"# \d+ events, 0 lost \(ring 8 MiB\), hooks: ", tracer.stderr)


@pytest.mark.parametrize("output", ["text", "json"])
def test_signal_in_a_flood(flood: None, output: str) -> None:
    with open(os.devnull, "w") as null, Run("-o", output, "-v", stdout=null.fileno()) as tracer:
        time.sleep(0.5)
        start = time.monotonic()
        assert tracer.end() == 0
        assert time.monotonic() - start < SOON
    ledger = re.search(
        r"# (\d+) seen = (\d+) not asked for \+ (\d+) emitted \+ (\d+) lost"
        r" \+ (\d+) unreadable \+ (\d+) not read",
        tracer.stderr,
    )
    assert ledger is not None
    seen, *parts = map(int, ledger.groups())
    assert seen == sum(parts) > 1000


def test_signal_while_nobody_reads_the_pipe(flood: None) -> None:
    with Run() as tracer:
        time.sleep(1)
        start = time.monotonic()
        tracer.process.send_signal(signal.SIGINT)
        tracer.process.wait(5)
        assert time.monotonic() - start < SOON
        assert tracer.process.returncode == 0


def test_what_was_not_read_is_counted_as_not_printed(flood: None) -> None:
    """The last line may be cut, but the lines that are whole are those that were counted."""
    with Run("-o", "legacy") as tracer:
        time.sleep(1)
        tracer.process.send_signal(signal.SIGINT)
        tracer.process.wait(5)
        assert tracer.process.stdout is not None
        whole_lines = tracer.process.stdout.read().count(b"\n")
        assert tracer.process.stderr is not None
        summary = tracer.process.stderr.read().decode()
    assert f"# {whole_lines} events, " in summary
    assert re.search(r", \d+ not printed, hooks: ", summary)


def test_pipe_closed_when_idle() -> None:
    with Run() as tracer:
        assert tracer.process.stdout is not None
        tracer.process.stdout.close()
        start = time.monotonic()
        assert tracer.process.wait(5) == 0
        assert time.monotonic() - start < SOON


def test_pipe_closed_in_a_flood(flood: None) -> None:
    with Run() as tracer:
        assert tracer.process.stdout is not None
        tracer.process.stdout.close()
        start = time.monotonic()
        assert tracer.process.wait(5) == 0
        assert time.monotonic() - start < SOON
        assert tracer.process.stderr is not None
        assert b"events" in tracer.process.stderr.read()


def test_count_is_exact_in_a_flood(flood: None) -> None:
    with Run("-o", "legacy", "-c", "1000") as tracer:
        assert tracer.wait() == 0
    assert tracer.stdout.count("\n") == 1000


def test_duration() -> None:
    with Run("-d", "0.5") as tracer:
        start = time.monotonic()
        assert tracer.wait() == 0
        assert 0.3 < time.monotonic() - start < 0.5 + SOON


def test_full_disk() -> None:
    with open("/dev/full", "w") as full, Run("-q", stdout=full.fileno()) as tracer:
        ping(1)
        assert tracer.wait() == 1
    errors = tracer.stderr.splitlines()[1:]
    assert errors == [
        "pyicmp: error: cannot write to standard output; No space left on device; redirect it"
    ]


def test_closed_stdout() -> None:
    with Run(prefix=("sh", "-c", 'exec "$@" >&-', "sh")) as tracer:
        assert tracer.wait() == 1
    assert "cannot write to standard output; it is closed" in error_line(tracer)


def test_killed() -> None:
    with Run() as tracer:
        tracer.process.kill()
        tracer.process.wait()
