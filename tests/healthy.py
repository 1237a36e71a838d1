"""ICMP of all kinds, of which nothing is dropped, in a chain of network namespaces."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.chain import CLIENT, ROUTER, SERVER, Chain, inside
from tests.datagram import main as send_datagram
from tests.kinds import AF, HOPS, ICMP
from tests.messages import message
from tests.senders import join_a_group
from tests.tracing import ping

SMALL = 256  # bytes: sniffers' buffers are soon full
ECHO, PING_ID = {4: 8, 6: 128}, 4321
# A socket of each kind that gets copies; they are never read.
SNIFFERS = ("AF_INET, SOCK_RAW, 1", "AF_INET6, SOCK_RAW, 58", "AF_PACKET, SOCK_RAW, 0x0300")
SNIFF = """\
import time
from socket import *
kept = [socket({}) for _ in range(2)]
for one in kept:
    one.setsockopt(SOL_SOCKET, SO_RCVBUF, {})
print(flush=True)
time.sleep(3600)
"""


@contextmanager
def sniffers(chain: Chain) -> Iterator[None]:
    """Let sockets with small buffers listen in each namespace, for as long as the block lasts."""
    started = []
    for netns in chain.namespaces:
        for kind in SNIFFERS:
            program = SNIFF.format(kind, SMALL)
            command = ["ip", "netns", "exec", netns, sys.executable, "-c", program]
            started.append(subprocess.Popen(command, stdout=subprocess.PIPE))
    try:
        for process in started:
            assert process.stdout
            process.stdout.readline()
        yield
    finally:
        for process in started:
            process.kill()
            process.communicate()


def _ping_sockets(chain: Chain, family: int) -> None:
    for size in ("56", "3000"):  # the longer one goes in fragments
        ping(5, "-s", size, to=SERVER[family], netns=chain.client)
    ping(3, to={4: "127.0.0.1", 6: "::1"}[family], netns=chain.server)


def _raw_sockets(chain: Chain, family: int) -> None:
    """Requests by raw sockets; the replies are read at once, late, or never."""
    command = [sys.executable, "-m", "tests.echoes", "raw", SERVER[family], "77", "20"]
    done = subprocess.run(
        ["ip", "netns", "exec", chain.client, *command], capture_output=True, check=True
    )
    assert int(done.stdout) == 20
    with inside(chain.client), socket.socket(AF[family], socket.SOCK_RAW, ICMP[family]) as raw:
        for seq in range(5):
            raw.sendto(message(ECHO[family], 0, 78 << 16 | seq), (SERVER[family], 0))
        time.sleep(0.5)


def _unread(chain: Chain, family: int) -> None:
    """A ping socket closes before its replies are read."""
    with inside(chain.client), socket.socket(AF[family], socket.SOCK_DGRAM, ICMP[family]) as sender:
        sender.bind(("", PING_ID))
        for seq in range(3):
            sender.sendto(message(ECHO[family], 0, PING_ID << 16 | seq), (SERVER[family], 0))
        time.sleep(0.5)


def _errors(chain: Chain, family: int) -> None:
    """As traceroute by UDP: time exceeded, port unreachable; one error is left in its queue."""
    with inside(chain.client):
        for hops in (1, 2):
            with socket.socket(AF[family], socket.SOCK_DGRAM) as udp:
                udp.setsockopt(*HOPS[family], hops)
                udp.setsockopt(HOPS[family][0], {4: 11, 6: 25}[family], 1)  # IP_RECVERR
                udp.sendto(b"traceroute", (SERVER[family], 33434))
                time.sleep(0.3)
        send_datagram(SERVER[family], 33435)


def _groups(chain: Chain, family: int) -> None:
    """To groups that all have joined; who sends gets a copy, which is answered too."""
    to = {4: "203.0.113.255", 6: f"ff02::1%{chain.router}1"}[family]
    more = ["-b"] if family == 4 else []
    command = ["ping", "-n", "-q", "-c", "3", "-i", "0.2", "-W", "1", *more, to]
    subprocess.run(["ip", "netns", "exec", chain.router, *command], capture_output=True, check=True)


def _neighbours(chain: Chain, family: int) -> None:
    """They are forgotten, so the first echo waits; groups are joined and left."""
    for netns in (chain.client, chain.server):
        chain.run(netns, "ip", f"-{family}", "neigh", "flush", "dev", f"{netns}0")
    ping(2, to=SERVER[family], netns=chain.client)
    ping(2, to=ROUTER[family], netns=chain.client)
    ping(2, to=CLIENT[family], netns=chain.server)
    if family == 6:
        with inside(chain.client):
            join_a_group(f"{chain.client}0")


ACTIONS: tuple[Callable[[Chain, int], None], ...] = (
    *(_ping_sockets, _raw_sockets, _unread, _errors, _groups, _neighbours),
)


def prepare(chain: Chain) -> None:
    """Let all of it be answered."""
    for netns in chain.namespaces:
        chain.ip(netns, "link set lo up")  # whoever answers itself does so there
    chain.run(chain.router, "sysctl", "-qw", "net.ipv4.icmp_echo_ignore_broadcasts=0")
    chain.run(chain.server, "sysctl", "-qw", "net.ipv4.icmp_echo_ignore_broadcasts=0")
    for setting in ("net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0"):
        chain.run(chain.server, "sysctl", "-qw", setting)


def mixed(chain: Chain, seconds: float) -> int:
    """Do all of it again and again, and return how often."""
    end, rounds = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        for family in (4, 6):
            for action in ACTIONS:
                action(chain, family)
        rounds += 1
    return rounds
