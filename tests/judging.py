"""A run of a view that judges, beside a chain of namespaces whose settings tests change."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.chain import SERVER, Chain
from tests.tracing import Run, context_switches, ping, settle

Line = dict[str, Any]
PATIENCE = 30.0
IGNORE_ALL = {4: "net.ipv4.icmp_echo_ignore_all", 6: "net.ipv6.icmp.echo_ignore_all"}


def nft(hook: str, family: int, kind: str) -> tuple[str, str]:
    """Return what drops echoes at a netfilter hook, and what ends that."""
    rule = f"{'icmp' if family == 4 else 'icmpv6'} type {kind} drop"
    chain = f"add chain inet t c {{ type filter hook {hook} priority 0; }}"
    return f"nft 'add table inet t; {chain}; add rule inet t c {rule}'", "nft delete table inet t"


def check_flood_of_no_concern(number: int, *arguments: str) -> None:
    """
    Answer a flood of which a view has nothing to tell: it is not woken, and nothing is lost.

    Args:
        number: The requests' id.
        *arguments: The view, and what it looks for.
    """
    with Run(*arguments, "--buffer", "4K", "--strict") as run:
        settle()
        before = context_switches(run.process.pid)
        ping(1000, "-q", "-f", "-i", "0", "-e", str(number))
        settle()
        assert context_switches(run.process.pid) == before
        assert run.end() == 0, run.stderr
    assert " 0 lost" in run.stderr


class Echoes:
    """
    A run of ``tests.echoes`` in a network namespace.

    Attributes:
        number: The id of its requests.
    """

    def __init__(self, netns: str, number: int, *arguments: str) -> None:
        self.number = number
        self._process = subprocess.Popen(
            ["ip", "netns", "exec", netns, sys.executable, "-m", "tests.echoes", *arguments],
            stdout=subprocess.PIPE,
        )

    def is_running(self) -> bool:
        """Tell whether it has not ended."""
        return self._process.poll() is None

    def answered(self) -> int:
        """Wait for its end, and return how many replies came."""
        return int(self._process.communicate(timeout=600)[0])


class Judging:
    """
    ``pyicmp why -o json`` while it runs, or a trace, and a chain of network namespaces.

    Each request that a test sends has an id of its own, by which its verdicts are found.

    Args:
        view: ``why``, or another whose lines are verdicts too; of a trace, those lines count whose
            verdict the kernel made.
        *options: More for its command line.
    """

    def __init__(self, view: str = "why", *options: str) -> None:
        self.chain = Chain("w")
        for address in SERVER.values():  # rows that drop all must not let the router forget it
            self.router(f"ip neigh replace {address} dev wr1 lladdr {self.mac()} nud permanent")
        self._out = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._run = Run(view, "-o", "json", *options, stdout=self._out.fileno())
        self._is_trace, self._lines = view == "trace", list[Line]()
        self._done = 0  # bytes of its output that were looked at
        self._id = 1000

    def server(self, *commands: str) -> None:
        """Run commands in the server's namespace."""
        for command in commands:
            self.chain.run(self.chain.server, "sh", "-c", command)

    @contextmanager
    def changed(self, do: str, undo: str) -> Iterator[None]:
        """Change something in the server's namespace for a while."""
        self.server(do)
        try:
            yield
        finally:
            self.server(undo)

    def router(self, *commands: str) -> None:
        """Run commands in the router's namespace."""
        for command in commands:
            self.chain.run(self.chain.router, "sh", "-c", command)

    def keep_hooks(self) -> None:
        """
        Keep netfilter's hooks of what comes in and goes out switched on, elsewhere, for good.

        Else each rule that comes and goes has the kernel patch its code, in the path of a flood: of
        that, emulated CPUs die.
        """
        chain = "add chain inet k {0} {{ type filter hook {0} priority 0; }}"
        hooks = "; ".join(chain.format(hook) for hook in ("input", "output"))
        self.router(f"nft 'add table inet k; {hooks}'")

    def mac(self, netns: str = "", interface: str = "ws0") -> str:
        """Return an interface's MAC address; the server's otherwise."""
        path = f"/sys/class/net/{interface}/address"
        command = ["ip", "netns", "exec", netns or self.chain.server, "cat", path]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def new_id(self) -> int:
        """Return an id that no request had yet."""
        self._id += 1
        return self._id

    def ping(self, family: int, *options: str, to: str = "", netns: str = "") -> tuple[int, int]:
        """Ping the server once, or as *options* say; return the id, and how many were answered."""
        number = self.new_id()
        done = subprocess.run(
            [
                *("ip", "netns", "exec", netns or self.chain.client, "ping", "-n"),
                *("-e", str(number), "-c", "1", "-i", "0.01", "-W", "1", *options),
                to or SERVER[family],
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        answered = re.search(r"(\d+) received", done.stdout)
        assert answered, done.stdout + done.stderr
        return number, int(answered[1])

    def echoes(self, kind: str, family: int, count: int, cpu: int = 0) -> Echoes:
        """Start ``tests.echoes`` in the client's namespace."""
        number = self.new_id()
        arguments = (kind, SERVER[family], str(number), str(count), str(cpu))
        return Echoes(self.chain.client, number, *arguments)

    def lines(self, number: int | None = None) -> list[Line]:
        """Return the verdicts up to now; those on the requests with an id."""
        out = self._out.fileno()
        whole, end, _ = os.pread(out, os.fstat(out).st_size, self._done).rpartition(b"\n")
        self._done += len(whole + end)
        for line in map(json.loads, whole.splitlines()):
            if not self._is_trace or line.get("verdict", "forwarded") != "forwarded":
                self._lines.append(line)
        return [line for line in self._lines if number in (None, line.get("id"))]

    def verdicts(self, number: int, count: int = 1, *netns: str) -> list[Line]:
        """
        Wait for *count* verdicts, make sure that there are no more, and return them.

        Args:
            number: The requests' id.
            count: How many verdicts are due.
            netns: Where: each of these; the server if there are none.
        """
        inodes = {self.chain.inode(one) for one in netns or [self.chain.server]}
        seen, give_up = 0, time.monotonic() + PATIENCE
        while seen < count and time.monotonic() < give_up:
            time.sleep(0.1)
            if len(self.lines(number)) > seen:
                seen, give_up = len(self.lines(number)), time.monotonic() + PATIENCE
        time.sleep(0.3)
        found = self.lines(number)
        assert len(found) == count, found[:10]
        assert {line["netns"] for line in found} == inodes, found
        return found

    def counts(self, number: int, count: int) -> Counter[str]:
        """Return how often which verdict was given on *count* requests."""
        return Counter(line["verdict"] for line in self.verdicts(number, count))

    def in_echos(self, family: int) -> int:
        """Return the server's own count of echo requests that came to ICMP."""
        names = {4: ("/proc/net/snmp", "Icmp:"), 6: ("/proc/net/snmp6", "Icmp6InEchos")}
        path, key = names[family]
        text = subprocess.run(
            ["ip", "netns", "exec", self.chain.server, "cat", path],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        rows = [line.split() for line in text.splitlines() if line.startswith(key)]
        return int(rows[0][1] if family == 6 else rows[1][rows[0].index("InEchos")])

    def end(self) -> str:
        """End it, and return what it said on stderr."""
        assert self._run.end() == 0, self._run.stderr
        return self._run.stderr

    def close(self) -> None:
        """End all, and delete the namespaces."""
        self._run.__exit__()
        self._out.close()
        self.chain.delete()
