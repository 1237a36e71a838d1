"""The examples, as their users run them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.tracing import ROOT

EXAMPLES = ROOT / "examples"
INITIAL_PIDS = 0xEFFFFFFC  # PROC_PID_INIT_INO of the kernel's include/uapi/linux/nsfs.h
OBJECTS = ROOT / "build" / "examples"


class Example:
    """An example's process, once it has printed its first line."""

    def __init__(self, name: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(EXAMPLES / f"{name}.py"), str(OBJECTS / f"{name}.bpf.o")],
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
        self.header = self.line()

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode()

    def __enter__(self) -> Example:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def test_execs() -> None:
    with Example("execs") as example:
        child = subprocess.Popen(["/bin/true"])
        child.wait()
        while not (fields := example.line().split())[3].endswith("true"):
            pass
    assert fields[2:] == ["true", "/bin/true"]
    # a program sees the initial namespace's number, whatever the number here
    assert int(fields[0]) == child.pid or Path("/proc/self/ns/pid").stat().st_ino != INITIAL_PIDS


def test_connlat() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, Example("connlat") as example:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()
        pid, _comm, peer, took_ms = example.line().split()
    assert (int(pid), peer) == (os.getpid(), f"127.0.0.1:{port}")
    assert 0 < float(took_ms) < 1000
