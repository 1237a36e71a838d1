"""``pyicmp -- CMD``: one command and its children, and what answers them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tracing import Run, error_line, run

DATAGRAM = (sys.executable, str(Path(__file__).parents[1] / "datagram.py"))
PING = ("ping", "-n", "-c", "2", "-i", "0.01", "127.0.0.1")


@pytest.fixture
def others() -> Iterator[None]:
    """Let somebody else ping meanwhile."""
    argv = ["ping", "-q", "-n", "-i", "0.01", "127.0.0.1"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as process:
        yield
        process.terminate()


def messages(tracer: Run) -> list[tuple[object, ...]]:
    """Return direction, type and sequence number of each message; the command prints too."""
    return [(event["dir"], event["type_name"], event["seq"]) for event in tracer.events]


TWO_ECHOES = [
    (direction, kind, seq)
    for seq in (1, 2)
    for direction, kind in (("out", "echo-request"), ("in", "echo-reply"))
]


def quiet(*command: str) -> tuple[str, ...]:
    return ("sh", "-c", f"{' '.join(command)} >/dev/null; exit 3")


def test_a_child_is_traced_and_nobody_else(others: None) -> None:
    with Run("-o", "json", "--", *quiet(*PING)) as tracer:
        assert tracer.wait() == 0
    assert messages(tracer) == TWO_ECHOES
    assert len({event["pid"] for event in tracer.events}) == 1


def test_the_command_ends_with_the_run(tmp_path: Path) -> None:
    marker = f"pyicmp-{time.time_ns()}"
    script = "import sys, time; time.sleep(60)"
    with Run("-d", "0.3", "--", sys.executable, "-c", script, marker) as tracer:
        assert tracer.wait() == 0
    assert subprocess.run(["pgrep", "-f", marker], check=False, capture_output=True).returncode == 1


def test_pid_and_comm(others: None) -> None:
    with subprocess.Popen(
        ["sh", "-c", "read x; exec " + " ".join(PING)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as sender:
        by_pid = Run("-o", "json", "-c", "4", "-p", str(sender.pid))
        sender.communicate(b"go\n")
    with by_pid as tracer:
        assert tracer.wait() == 0
    assert messages(tracer) == TWO_ECHOES


def test_errors_of_udp_sockets_have_owners() -> None:
    script = (
        "import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);"
        "s.connect(('127.0.0.1', 9)); s.send(b'x'); time.sleep(1)"
    )
    argv = (sys.executable, "-c", script)
    with Run("-o", "json", "-t", "errors", "-Q", "in", "--", *argv) as tracer:
        assert tracer.wait() == 0
    (error,) = tracer.events
    assert error["inner"]["dport"] == 9
    assert str(error["comm"]).startswith("python")


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1"])
def test_errors_of_sockets_that_are_gone_have_owners(peer: str) -> None:
    """traceroute closes each when its error has come."""
    with Run("-o", "json", "-t", "errors", "-Q", "in", "--", *DATAGRAM, peer, "9") as tracer:
        assert tracer.wait() == 0
    (error,) = tracer.events
    assert error["inner"]["dport"] == 9
    assert str(error["comm"]).startswith("python")


def test_no_such_command() -> None:
    assert "no command 'pyicmp-none'" in error_line(run("--", "pyicmp-none"))
    assert run("--").process.returncode == 2
