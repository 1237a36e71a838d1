"""Each filter flag, alone and combined, beside what it means: on the host and in guests."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from pyicmp import Tracer
from pyicmp.cli.filters import request_arguments
from pyicmp.cli.trace_options import parse
from pyicmp.sinks.jsonl import as_dict
from tests.attaching import cgroup_root
from tests.chain import CLIENT, ROUTER, SERVER, Chain, inside
from tests.frames import AF
from tests.messages import message, send_all_kinds

Event = dict[str, Any]
Meaning = Callable[[Event], bool]
FDS = 8192  # some 40 a tracer
CLOSE = 10**9  # ns, by which the time of a message may differ from tracer to tracer
PINGER = str(Path(__file__).with_name("pinger.py"))
PID, NETNS = os.getpid(), os.stat("/proc/self/ns/net").st_ino
CGROUP = "/pyicmp-filters"


def within(key: str, *prefixes: str) -> Meaning:
    networks = [ip_network(prefix) for prefix in prefixes]
    return lambda event: any(ip_address(event[key]) in network for network in networks)


def has(key: str, *values: object) -> Meaning:
    return lambda event: event.get(key) in values


def inner(**values: object) -> Meaning:
    return lambda event: values.items() <= event.get("inner", {}).items()


def either(*meanings: Meaning) -> Meaning:
    return lambda event: any(meaning(event) for meaning in meanings)


def everything(*meanings: Meaning) -> Meaning:
    return lambda event: all(meaning(event) for meaning in meanings)


def error(event: Event) -> bool:
    if event["family"] == 6:
        return int(event.get("type", 255)) < 128
    return event.get("type") in {3, 4, 5, 11, 12, 31, 40}


def numbered(key: str, first: int, last: int) -> Meaning:
    """Queries only have an id and a sequence number; of others, these bytes mean something else."""
    return lambda event: first <= event.get(key, -1) <= last


FLAGS: dict[str, Meaning] = {
    "-4": has("family", 4),
    "-6": has("family", 6),
    "-Q in": has("dir", "in"),
    "-Q out": has("dir", "out"),
    "-t echo-request": has("type_name", "echo-request"),
    "-t errors": error,
    "-t ndp": everything(has("family", 6), has("type", *range(133, 138))),
    "-t frag-needed": everything(has("family", 4), has("type", 3), has("code", 4)),
    "-t !errors": lambda event: not error(event),
    "-t unreachable/port": lambda event: (
        (event.get("type_name"), event.get("code_name")) == ("unreachable", "port")
    ),
    "-t time-exceeded,echo-reply": has("type_name", "time-exceeded", "echo-reply"),
    "-t 3/1 -t 13": lambda event: (
        (event.get("type"), event.get("code")) == (3, 1) or event.get("type") == 13
    ),
    f"--src {SERVER[4]}": has("src", SERVER[4]),
    f"--dst {SERVER[6]} --dst {CLIENT[4]}": has("dst", SERVER[6], CLIENT[4]),
    "--host 203.0.113.0/24 --host 2001:db8:2::/48": either(
        within("src", "203.0.113.0/24", "2001:db8:2::/48"),
        within("dst", "203.0.113.0/24", "2001:db8:2::/48"),
    ),
    "--host 0.0.0.0/0": has("family", 4),
    "-i cr0 -i cs0": has("if", "cr0", "cs0"),
    "--netns self": has("netns", NETNS),
    f"--netns inode:{NETNS} --netns cs": either(has("netns", NETNS), has("if", "cs0")),
    f"--netns {PID}": has("netns", NETNS),
    "--netns cc": has("if", "cc0"),
    "--id 7": everything(has("type_name", "echo-request", "echo-reply"), has("id", 7)),
    "--seq 3-5 --seq 1002": either(numbered("seq", 3, 5), numbered("seq", 1002, 1002)),
    "--inner udp": inner(proto=17),
    "--inner dst port 9": inner(dport=9),
    f"--inner proto icmp src host {CLIENT[4]}": inner(proto=1, src=CLIENT[4]),
    f"-p {PID}": has("pid", PID),
    f"--cgroup {CGROUP}": has("cgroup", f"{CGROUP}/inner"),
    "--comm pyicmp-x": has("comm", "pyicmp-x"),
    "--comm python --comm python3": has("comm", "python", "python3"),
}
COMBINED = (
    ("-4", "-Q in"),
    ("-6", "-Q out"),
    ("-4", "-t errors"),
    ("-6", "-t errors", "-Q in"),
    ("-Q in", "-t echo-request"),
    ("-Q out", "--id 7"),
    ("-4", "--id 7", "-t echo-request", "-Q out"),
    ("--seq 3-5 --seq 1002", "-6"),
    ("--host 203.0.113.0/24 --host 2001:db8:2::/48", "-t echo-request"),
    ("--host 203.0.113.0/24 --host 2001:db8:2::/48", "-Q in", "-i cr0 -i cs0"),
    (f"--src {SERVER[4]}", "-t time-exceeded,echo-reply"),
    (f"--dst {SERVER[6]} --dst {CLIENT[4]}", "-Q in"),
    ("--inner udp", "-4"),
    ("--inner udp", "-Q in"),
    ("--inner dst port 9", "-t unreachable/port"),
    ("-i cr0 -i cs0", "-4", "-Q out"),
    ("-t !errors", "-6"),
    ("-t time-exceeded,echo-reply", "-4", "-Q in"),
    ("--comm python --comm python3", "-Q in"),
    ("--comm python --comm python3", "-4", "-t errors"),
    ("--netns cc", "-t ndp", "-Q out"),
    (f"--cgroup {CGROUP}", "-Q in", "-t time-exceeded,echo-reply"),
)


@contextmanager
def cgroups() -> Iterator[str]:
    """Give the file that a process of a cgroup within a cgroup is named in."""
    outer = Path(cgroup_root() + CGROUP)
    inner = outer / "inner"
    inner.mkdir(parents=True)
    try:
        yield f"{inner}/cgroup.procs"
    finally:
        inner.rmdir()
        outer.rmdir()


def raw_socket() -> socket.socket:
    """Return one to be opened before the tracers: only a process's first 32 files are looked at."""
    return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)


def traffic(chain: Chain, procs: str, own: socket.socket) -> None:
    """Send echoes that are answered or not, by several programs, and all kinds of messages."""
    chain.run(chain.client, "ip", "-6", "neigh", "flush", "dev", f"{chain.client}0")
    ping = f"ip netns exec {chain.client} ping -c 3 -i 0.01 {SERVER[4]}"
    senders = [subprocess.Popen(["sh", "-c", f"echo $$ >{procs} && exec {ping}"])]
    for kind, family, first in (("raw", 4, 1), ("ping", 6, 1), ("raw", 6, 1001)):
        arguments = (kind, SERVER[family], "7", str(first), "11")
        senders.append(chain.start(chain.client, sys.executable, PINGER, *arguments))
    senders.append(chain.start(chain.client, "ping", "-c", "3", "-i", "0.01", SERVER[4]))
    senders.append(chain.start(chain.client, "ping", "-c", "3", "-i", "0.01", ROUTER[6]))
    for process in senders:
        process.wait(30)
    send_all_kinds()
    own.sendto(message(8, 0, 1), ("127.0.0.1", 0))


def hit_sockets(chain: Chain, stack: ExitStack) -> None:
    """Get errors for datagrams, by sockets that stay open: only filters know of others' owners."""
    with inside(chain.client):
        for family in (4, 6):
            udp = stack.enter_context(socket.socket(AF[family], socket.SOCK_DGRAM))
            udp.settimeout(5)
            udp.connect((SERVER[family], 9))
            udp.send(b"nobody")
            with suppress(ConnectionRefusedError):
                udp.recv(1)


def check_filters(way: str) -> None:
    """Trace with each flag and combination at once, beside a run without any."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (FDS, FDS))
    chain = Chain("c")
    try:
        with cgroups() as procs, raw_socket() as own, ExitStack() as stack:
            cases = [("",), *((flag,) for flag in FLAGS), *COMBINED]
            tracers = {flags: stack.enter_context(traced(way, flags)) for flags in cases}
            start = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            traffic(chain, procs, own)
            hit_sockets(chain, stack)
            end = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            found = {flags: list(seen(tracer)) for flags, tracer in tracers.items()}
    finally:
        chain.delete()
    everything_seen = found.pop(("",))
    sent = len(between(everything_seen, start, end))
    assert sent > 300, sent
    for flags, events in found.items():
        meaning = everything(*(FLAGS[flag] for flag in flags))
        expected = [event for event in everything_seen if meaning(event)]
        check_same(flags, events, expected, (start, end))
        assert len(between(events, start, end)) < sent, flags
        assert events or flags == ("--comm pyicmp-x",), flags


def check_same(
    flags: tuple[str, ...], found: list[Event], expected: list[Event], times: tuple[int, int]
) -> None:
    """
    Make sure that two tracers saw the same between two times.

    Each has a clock of its own, and what the kernel sends unasked may come at either time: what one
    saw in between, the other saw then or about then.
    """
    start, end = times
    for some, others in ((found, expected), (expected, found)):
        more = between(some, start, end) - between(others, start - CLOSE, end + CLOSE)
        assert not more, (flags, "not asked for" if some is found else "not seen", more)


def traced(way: str, flags: tuple[str, ...]) -> Tracer:
    """Return a tracer for the flags as they would be given on the command line."""
    arguments = [word for flag in flags for word in words(flag)]
    buffer = 1 << 20 if arguments else 1 << 23  # the one without flags also sees what others do
    request = request_arguments(parse(arguments))
    return Tracer(attach=way, buffer=buffer, verdicts=False, **request)


def words(flag: str) -> list[str]:
    """Split what is one argument, and what is more."""
    name, _, value = flag.partition(" ")
    if name == "--inner":
        return [name, value]
    return flag.split()


def seen(tracer: Tracer) -> Iterator[Event]:
    """Yield what came."""
    for batch in tracer.batches(duration=0.01):
        yield from map(as_dict, batch)


def between(events: list[Event], start: int, end: int) -> Counter[str]:
    """Count what came between two times, each by what is the same whoever sees it."""
    return Counter(identity(event) for event in events if start < event["boot_ns"] < end)


def identity(event: Event) -> str:
    """Return what tells messages apart, and is the same whoever sees them."""
    own = ("ts", "ts_ns", "boot_ns", "rtt_ns", "lost_before")
    return repr(sorted((key, repr(value)) for key, value in event.items() if key not in own))
