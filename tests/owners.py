"""Pingers of all kinds at once, and whose each message is said to be: on the host and in guests."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Container, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.chain import SERVER, Chain
from tests.tracing import Run

PINGER = str(Path(__file__).with_name("pinger.py"))
COUNT, ID = 100, 7
KINDS = ("ping", "raw", "hdrincl")
WHATS = {
    ("out", "echo-request"): "request",
    ("in", "echo-reply"): "reply",
    ("in", "time-exceeded"): "error",
}
# Kind, family, first sequence number, further options. One peer and one id; where two share a
# namespace and a family, only the sequence numbers tell their messages apart.
PINGERS = (
    ("ping", 4, 1),
    ("raw", 4, 1001),
    ("hdrincl", 4, 2001),
    ("ping", 6, 1),
    ("raw", 6, 1001, "--leave"),
)

# Of a light run's messages, in an emulated guest, where all takes long.
MISSED_MAX = 0.03
Attributed = Counter[tuple[object, ...]]
WHAT_COUNTS = {"request": COUNT, "reply": COUNT * 9 // 10, "error": COUNT // 10}


@contextmanager
def two_chains(delay_ms: int) -> Iterator[tuple[Chain, Chain]]:
    """Give two chains with the same addresses."""
    with ExitStack() as stack:
        chains = []
        for name in ("a", "b"):
            chains.append(Chain(name))
            stack.callback(chains[-1].delete)
            if delay_ms:
                chains[-1].delay(delay_ms)
        yield chains[0], chains[1]


def start_all(
    chain: Chain, kinds: Container[str]
) -> dict[subprocess.Popen[bytes], tuple[int, int, int]]:
    """Start all pingers; return of each its namespace, family and first sequence number."""
    started = {}
    for kind, family, first, *more in PINGERS:
        if kind not in kinds:
            continue
        arguments = (kind, SERVER[family], str(ID), str(first), str(COUNT), *more)
        process = chain.start(chain.client, sys.executable, PINGER, *arguments)
        started[process] = (chain.inode(chain.client), family, first)
    return started


def check_owners(*arguments: str, delay_ms: int = 20) -> None:
    """Let ten pingers run at once, and make sure that each message has the right owner."""
    said, expected, stderr = trace_pingers(arguments, delay_ms, KINDS)
    assert said == expected, (
        f"said but wrong: {said - expected}; not said: {expected - said}; {stderr}"
    )


def check_light_owners(*arguments: str) -> None:
    """
    Do so for a light run: no owner is wrong, but some messages are missed.

    Their hooks run in processes too, which an interrupt or another process may interrupt: the
    kernel then skips the program (docs/hooks.md).
    """
    said, expected, stderr = trace_pingers(("--light", *arguments), 20, ("ping", "raw"))
    assert all(owner is None for owner, *_ in said - expected), said - expected
    assert (expected - said).total() < expected.total() * MISSED_MAX, stderr


def trace_pingers(
    arguments: tuple[str, ...], delay_ms: int, kinds: Container[str]
) -> tuple[Attributed, Attributed, str]:
    """Return what was said of the pingers' messages, what is so, and what stderr has."""
    with two_chains(delay_ms) as chains, Run("-o", "json", *arguments, spool=True) as tracer:
        started = {**start_all(chains[0], kinds), **start_all(chains[1], kinds)}
        for process in started:
            assert process.wait(60) == 0
        tracer.drain()
        assert tracer.end() == 0
    clients = {netns for netns, _, _ in started.values()}
    events = [event for event in tracer.events if event["netns"] in clients]
    expected = {
        (process.pid, *which, what): count
        for process, which in started.items()
        for what, count in WHAT_COUNTS.items()
    }
    said = Counter(filter(None, map(attributed, events)))
    return said, Counter(expected), tracer.stderr


def attributed(event: dict[str, Any]) -> tuple[object, ...] | None:
    """Return who is said to own a message of a pinger's, whose it is really, and what it is."""
    what = (event["dir"], event.get("type_name"))
    echo = event.get("inner", {}) if what == ("in", "time-exceeded") else event
    if what not in WHATS or echo.get("id") != ID:
        return None
    first = 1 + echo["seq"] // 1000 * 1000
    return event.get("pid"), event["netns"], event["family"], first, WHATS[what]
