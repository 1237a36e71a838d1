"""A run of ``pyicmp rtt`` beside a client, a router and a server, and programs that ask."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

from tests.chain import SERVER, Chain
from tests.tracing import Run, settle

Row = dict[str, Any]
PARTS = ("host_tx", "wire", "host_rx", "wakeup")
MS = 1_000_000


class Timing:
    """
    ``pyicmp rtt -o json`` while it runs, and a chain of network namespaces.

    Each program that asks is a process of its own, by which its row is found.

    Args:
        arguments: Of ``pyicmp rtt``, further ones.
        delay_ms: How late the router lets replies be.
    """

    def __init__(self, *arguments: str, delay_ms: int = 20) -> None:
        self.chain = Chain("q")
        self.chain.delay(delay_ms)
        self._run = Run("rtt", "-o", "json", *arguments)
        self._rows: list[Row] = []
        self._number = 300

    def change(self, netem: str) -> None:
        """Change what the router does to replies."""
        words = f"qdisc change dev {self.chain.router}0 root netem {netem}".split()
        self.chain.run(self.chain.router, "tc", *words)

    def ask(self, kind: str, family: int, count: int = 3) -> int:
        """Let a program ask the server, and return its process."""
        process = self.start(kind, family, count)
        assert process.wait(timeout=60) == 0
        return process.pid

    def ask_and_stop(self, kind: str, family: int, count: int, seconds: float) -> int:
        """Do so, but let the program be stopped for a while after each request."""
        process = self.start(kind, family, count, "--stop")
        for _ in range(count):
            _, status = os.waitpid(process.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status)
            time.sleep(seconds)
            process.send_signal(signal.SIGCONT)
        assert process.wait(timeout=60) == 0
        return process.pid

    def start(self, kind: str, family: int, count: int, *more: str) -> subprocess.Popen[bytes]:
        """Start a program that asks the server."""
        self._number += 1
        words = ("tests.asker", kind, SERVER[family], str(self._number), str(count), *more)
        return self.chain.start(self.chain.client, sys.executable, "-m", *words)

    def ping(self, *options: str) -> tuple[int, str]:
        """Ping from the client; return the process, and what it printed."""
        command = ["ip", "netns", "exec", self.chain.client, "ping", "-n", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            out, _ = process.communicate(timeout=300)
        return process.pid, out

    def end(self) -> list[Row]:
        """End it, and return all rows."""
        settle()
        assert self._run.end() == 0, self._run.stderr
        self._rows = [json.loads(line) for line in self._run.stdout.splitlines()]
        return self._rows

    def of(self, pid: int) -> Row:
        """Return a process's only row."""
        (row,) = (row for row in self._rows if row.get("pid") == pid)
        return row

    def answering(self, family: int) -> Row:
        """Return what was counted at the server."""
        netns = self.chain.inode(self.chain.server)
        found = [row for row in self._rows if row["role"] == "answering"]
        (row,) = (row for row in found if (row["netns"], row["family"]) == (netns, family))
        return row

    def close(self) -> None:
        """End all, and delete the namespaces."""
        self._run.__exit__()
        self.chain.delete()


def check_split(row: Row, count: int) -> None:
    """Make sure that a row's parts are whole: as many as replies, none below zero, and a sum."""
    split = row["split"]
    assert [split[name]["count"] for name in (*PARTS, "total")] == [count] * 5
    assert all(split[name]["min_ns"] >= 0 for name in PARTS)
    total = sum(split[name]["avg_ns"] for name in PARTS)
    assert abs(total - split["total"]["avg_ns"]) <= len(PARTS)  # each is rounded
    assert split["total"]["min_ns"] >= row["rtt"]["min_ns"]
