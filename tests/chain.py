"""A client, a router and a server, each a network namespace, far enough for replies to be late."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLIENT = {4: "198.51.100.1", 6: "2001:db8:1::1"}
ROUTER = {4: "198.51.100.2", 6: "2001:db8:1::2"}
SERVER = {4: "203.0.113.2", 6: "2001:db8:2::2"}
SCRIPT = """\
netns add {c}
netns add {r}
netns add {s}
link add {c}0 netns {c} type veth peer name {r}0 netns {r}
link add {r}1 netns {r} type veth peer name {s}0 netns {s}
-n {c} address add 198.51.100.1/24 dev {c}0
-n {c} address add 2001:db8:1::1/64 dev {c}0 nodad
-n {r} address add 198.51.100.2/24 dev {r}0
-n {r} address add 2001:db8:1::2/64 dev {r}0 nodad
-n {r} address add 203.0.113.1/24 dev {r}1
-n {r} address add 2001:db8:2::1/64 dev {r}1 nodad
-n {s} address add 203.0.113.2/24 dev {s}0
-n {s} address add 2001:db8:2::2/64 dev {s}0 nodad
-n {c} link set lo up
-n {c} link set {c}0 up
-n {r} link set {r}0 up
-n {r} link set {r}1 up
-n {s} link set {s}0 up
-n {c} route add default via 198.51.100.2
-n {c} -6 route add default via 2001:db8:1::2
-n {s} route add default via 203.0.113.1
-n {s} -6 route add default via 2001:db8:2::1
"""
SYSCTLS = (
    "net.ipv4.ip_forward=1",
    "net.ipv6.conf.all.forwarding=1",
    "net.ipv4.icmp_ratelimit=0",
    "net.ipv6.icmp.ratelimit=0",
)
CLONE_NEWNET = 0x40000000


@contextmanager
def inside(netns: str) -> Iterator[None]:
    """Be in a network namespace, with this thread."""
    libc = ctypes.CDLL(None, use_errno=True)
    own, there = (
        os.open(p, os.O_RDONLY) for p in ("/proc/thread-self/ns/net", f"/run/netns/{netns}")
    )
    assert libc.setns(there, CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        assert libc.setns(own, CLONE_NEWNET) == 0
        os.close(own)
        os.close(there)


class Chain:
    """
    Client - router - server, with the same addresses in each chain.

    Args:
        name: Begins the names of its namespaces and interfaces.
    """

    def __init__(self, name: str) -> None:
        self.client, self.router, self.server = (f"{name}{role}" for role in "crs")
        self.namespaces = (self.client, self.router, self.server)
        names = {"c": self.client, "r": self.router, "s": self.server}
        for line in SCRIPT.format(**names).splitlines():
            subprocess.run(["ip", *line.split()], check=True)
        for sysctl in SYSCTLS:
            self.run(self.router, "sysctl", "-qw", sysctl)
        for netns in names.values():
            self.run(netns, "sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647")
        for family in (4, 6):
            self.run(self.client, "ping", "-q", "-c", "1", "-W", "5", SERVER[family])

    def delay(self, ms: int) -> None:
        """Let what the router sends to the client be late."""
        arguments = f"qdisc add dev {self.router}0 root netem delay {ms}ms limit 10000".split()
        self.run(self.router, "tc", *arguments)

    def run(self, netns: str, *command: str) -> None:
        """Run a command in a namespace of this chain."""
        argv = ["ip", "netns", "exec", netns, *command]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)

    def start(self, netns: str, *command: str) -> subprocess.Popen[bytes]:
        """Start a command in a namespace of this chain; its process is the command's own."""
        return subprocess.Popen(["ip", "netns", "exec", netns, *command])

    def mac_of_router(self) -> bytes:
        """Return the hardware address of the router's end of the client's link."""
        listing = ["ip", "-n", self.router, "-j", "link", "show", f"{self.router}0"]
        shown = json.loads(subprocess.run(listing, check=True, capture_output=True).stdout)
        return bytes.fromhex(shown[0]["address"].replace(":", ""))

    def inode(self, netns: str) -> int:
        """Return a namespace's inode."""
        return Path(f"/run/netns/{netns}").stat().st_ino

    def ip(self, netns: str, arguments: str) -> None:
        """Run ``ip`` in a namespace of this chain; ``{c}``, ``{r}``, ``{s}`` are their names."""
        names = {"c": self.client, "r": self.router, "s": self.server}
        subprocess.run(["ip", "-n", netns, *arguments.format(**names).split()], check=True)

    def delete(self) -> None:
        """Delete the namespaces and what is in them."""
        for netns in self.namespaces:
            subprocess.run(["ip", "netns", "delete", netns], check=True)
