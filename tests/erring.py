"""A run of ``pyicmp errors`` beside a client, a router with a narrow link, and a server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from tests.chain import CLIENT, SERVER, Chain, inside
from tests.frames import AF, ERROR, PROTOCOL, packet
from tests.messages import message
from tests.pinger import echo
from tests.tracing import Run

Line = dict[str, Any]
Test = Callable[[Line], bool]
PATIENCE = 20.0
NARROW = 1400
# Behind the server's own: a path MTU that is learned of one says nothing of another.
FAR = {4: "203.0.113.{}", 6: "2001:db8:2::{}"}
FAR_FIRST, FAR_COUNT = 100, 16
LISTENING, CLOSED = 8080, 9999
IP_MTU_DISCOVER, IPV6_MTU_DISCOVER = 10, 23
IP_PMTUDISC_DO, IP_PMTUDISC_INTERFACE = 2, 4
DISCOVER = {4: (socket.IPPROTO_IP, IP_MTU_DISCOVER), 6: (socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER)}
RECVERR = {4: (socket.IPPROTO_IP, 11), 6: (socket.IPPROTO_IPV6, 25)}
TTL = {4: (socket.IPPROTO_IP, socket.IP_TTL), 6: (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS)}
TOO_BIG = {4: (3, 4), 6: (2, 0)}


class Erring:
    """
    ``pyicmp errors -o json`` while it runs, and a chain whose second link is narrow.

    Args:
        arguments: Further ones for the run.
    """

    def __init__(self, *arguments: str) -> None:
        self._stack = ExitStack()
        self.chain = Chain("e")
        self._stack.callback(self.chain.delete)
        self.chain.ip(self.chain.router, f"link set {{r}}1 mtu {NARROW}")
        self._far = FAR_FIRST
        addresses = "".join(
            f"address add {FAR[4].format(number)}/24 dev es0\n"
            f"address add {FAR[6].format(number)}/64 dev es0 nodad\n"
            for number in range(FAR_FIRST, FAR_FIRST + FAR_COUNT)
        )
        batch = ["ip", "-n", self.chain.server, "-batch", "-"]
        subprocess.run(batch, input=addresses, text=True, check=True)
        self._listen()
        self._out = self._stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        self._run = Run("errors", "-o", "json", *arguments, stdout=self._out.fileno())
        self._stack.push(self._run)

    def _listen(self) -> None:
        with inside(self.chain.server):
            server = socket.create_server(
                ("::", LISTENING), family=socket.AF_INET6, dualstack_ipv6=True
            )
            sink = self.keep(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
            sink.bind(("::", LISTENING))
        self.keep(server)
        threading.Thread(target=_take_all, args=(server,), daemon=True).start()

    def keep(self, one: socket.socket) -> socket.socket:
        """Keep a socket open until all ends."""
        self._stack.callback(one.close)
        one.settimeout(5)
        return one

    def far(self, family: int) -> str:
        """Return an address of the server that nobody has sent to before."""
        self._far += 1
        return FAR[family].format(self._far - 1)

    def client(self, *command: str) -> None:
        """Run a command in the client's namespace."""
        self.chain.run(self.chain.client, *command)

    def udp(
        self,
        family: int,
        to: str,
        port: int,
        *,
        size: int = 8,
        connect: bool = False,
        recverr: bool = False,
        ttl: int = 64,
        discover: int = IP_PMTUDISC_DO,
    ) -> socket.socket:
        """Send one datagram from the client, never in fragments unless *discover* says so."""
        with inside(self.chain.client):
            sender = self.keep(socket.socket(AF[family], socket.SOCK_DGRAM))
        sender.setsockopt(*DISCOVER[family], discover)
        sender.setsockopt(*RECVERR[family], int(recverr))
        sender.setsockopt(*TTL[family], ttl)
        if connect:
            sender.connect((to, port))
            sender.send(bytes(size))
        else:
            sender.sendto(bytes(size), (to, port))
        return sender

    def tcp(self, family: int, to: str, size: int) -> socket.socket:
        """Send so many bytes from the client over a connection of their own."""
        with inside(self.chain.client):
            sender = self.keep(socket.socket(AF[family], socket.SOCK_STREAM))
        sender.connect((to, LISTENING))
        sender.sendall(bytes(size))
        return sender

    def echo(self, family: int, kind: int, number: int, ttl: int = 1) -> socket.socket:
        """Send an echo request from the client by a raw socket or a ping socket."""
        with inside(self.chain.client):
            sender = self.keep(socket.socket(AF[family], kind, PROTOCOL[family]))
        if kind == socket.SOCK_DGRAM:
            sender.bind(("", number))
        sender.setsockopt(*TTL[family], ttl)
        sender.sendto(echo(AF[family], number, 1), (SERVER[family], 0))
        return sender

    def forge(
        self,
        family: int,
        quoted: bytes,
        protocol: int,
        *,
        kind: tuple[int, int] | None = None,
        to: str = "",
        rest: int = NARROW,
        damaged: bool = False,
    ) -> None:
        """
        Send an error from the router about a packet that the client may never have sent.

        Args:
            family: 4 or 6.
            quoted: What follows the quoted IP header.
            protocol: Of that.
            kind: Type and code; host unreachable, or administratively prohibited, otherwise.
            to: Where the packet was to go; the server otherwise.
            rest: Bytes 4 to 7 of the error.
            damaged: Let the checksum be wrong, which the kernel makes for IPv6.
        """
        number, code = kind or (ERROR[family], 1)
        body = packet(family, quoted, protocol, ends=(CLIENT[family], to or SERVER[family]))
        sent = message(number, code, rest, body)
        if damaged:
            sent = sent[:-1] + bytes([sent[-1] ^ 1])
        with inside(self.chain.router):
            raw = self.keep(socket.socket(AF[family], socket.SOCK_RAW, PROTOCOL[family]))
        raw.sendto(sent, (CLIENT[family], 0))

    def text(self) -> str:
        """Return the whole lines that were printed up to now."""
        out = self._out.fileno()
        return os.pread(out, os.fstat(out).st_size, 0).rpartition(b"\n")[0].decode()

    def lines(self) -> list[Line]:
        """Return them, of a run that prints JSON."""
        return [json.loads(line) for line in self.text().splitlines()]

    def wait(self, is_it: Test, netns: str = "", way: str = "in") -> list[Line]:
        """Wait for a line of the client's, or of *netns*, and return it, and all like it."""
        inode = self.chain.inode(netns or self.chain.client)
        give_up = time.monotonic() + PATIENCE
        while True:
            own = [one for one in self.lines() if (one["netns"], one["dir"]) == (inode, way)]
            found = [one for one in own if is_it(one)]
            if found:
                return found
            assert time.monotonic() < give_up, self.lines()
            time.sleep(0.1)

    def one(self, is_it: Test) -> Line:
        """Wait for a line of the client's, and make sure that there is no other like it."""
        self.wait(is_it)
        time.sleep(0.3)
        (line,) = self.wait(is_it)
        return line

    def end(self) -> str:
        """End it, and return what it said on stderr."""
        assert self._run.end() == 0, self._run.stderr
        return self._run.stderr

    def close(self) -> None:
        """End all, and delete the namespaces."""
        self._stack.close()


def _take_all(server: socket.socket) -> None:
    """Accept connections, and read what comes, until it is closed."""
    while True:
        try:
            one, _ = server.accept()
        except TimeoutError:
            continue
        except OSError:
            return
        threading.Thread(target=_drain, args=(one,), daemon=True).start()


def _drain(one: socket.socket) -> None:
    with one:
        while one.recv(65536):
            pass


def from_socket(sender: socket.socket) -> Test:
    """Return what tells whether an error is about a socket's packets, by their source port."""
    port = sender.getsockname()[1]
    return lambda line: line.get("inner", {}).get("sport") == port


def with_id(number: int) -> Test:
    """Return what tells whether an error is about an echo request with this id."""
    return lambda line: line.get("inner", {}).get("id") == number
