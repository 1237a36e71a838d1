"""Errors as people see them: one line of at most 80 columns, that says what to do."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from pyicmp.cli import main

COLUMNS = 80
MISTAKES = [
    "--bogus",
    "bogus",
    "-t nonsense",
    "-t echo-reqest",
    "-t unreachable/nope",
    "-t host",
    "-t 300",
    "-t ,",
    "--host 192.0.2.1/40",
    "--src www.example.org",
    "--netns nowhere",
    "-Q sideways",
    "-i a-name-too-long0",
    "--id 70000",
    "--seq 5-1",
    "-p 5000000",
    "--comm a-name-too-long0",
    "--cgroup /nowhere.slice",
    "--inner proto=tcp",
    "--inner host",
    "--inner port",
    "--inner=",
    "-c 0",
    "-d soon",
    "-o parquet",
    "--time utcc",
    "--color blue",
    "--attach kprobe",
    "--buffer 1T",
    "--buffer 2G",
    "--object /none/icmp.bpf.o",
    "--object /etc/passwd",
    "--btf /nowhere/vmlinux",
    "--btf /etc/passwd",
    "--light --attach tracepoint",
    "--",
    "-- nosuchcommand",
    "why www.example.org",
    "drops -o csv",
    "errors -t echo-request",
    "rtt --by address",
    "rtt --timeout 0",
    "doctor -o csv",
    "verify",
    "verify build/icmp.bpf.o /etc/passwd",
    "inspect",
    "inspect /none/icmp.bpf.o",
    "minbtf",
    "gen",
]


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """Leave signals as they were: a run takes them over, and its process ends with it."""
    numbers = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_it_fits(mistake: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(mistake.split(" ")) in (1, 2, 4, 6)
    out, error = capfd.readouterr()
    assert out == ""
    assert error.startswith("pyicmp: error: ")
    assert error.count("\n") == 1
    assert "; " in error, error
    assert len(error) <= COLUMNS + 1, error
