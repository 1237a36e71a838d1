"""Round trips beside ping's own figures, and beside loads whose place is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.chain import SERVER
from tests.timing import MS, PARTS, Row, Timing, check_split

COUNT = 1000
# What ping does between taking its time and calling the kernel, and back; emulated.
OWN_MS = 1.0


@contextmanager
def timing(*arguments: str, delay_ms: int = 5) -> Iterator[Timing]:
    found = Timing(*arguments, delay_ms=delay_ms)
    try:
        yield found
    finally:
        found.close()


def parts(row: Row, figure: str = "avg_ns") -> dict[str, float]:
    """Return a figure of each part, ms."""
    return {name: row["split"][name][figure] / MS for name in (*PARTS, "total")}


def said(out: str) -> float:
    """Return the mean that ping says, ms."""
    found = re.search(r"= [\d.]+/([\d.]+)/", out)
    assert found, out
    return float(found[1])


@pytest.mark.parametrize("family", [4, 6])
def test_a_thousand_echoes_as_ping_sees_them(family: int) -> None:
    """By the kernel's time of the reply (host-tx, wire), and by its own (-U: all of it)."""
    options = ("-q", "-c", str(COUNT), "-i", "0.01", SERVER[family])
    with timing("--split") as run:
        by_kernel, by_itself = run.ping(*options), run.ping("-U", *options)
        run.end()
        for (pid, out), explained in ((by_kernel, PARTS[:2]), (by_itself, PARTS)):
            row = run.of(pid)
            assert (row["sent"], row["answered"], row["lost"]) == (COUNT, COUNT, 0)
            check_split(row, COUNT)
            mean = parts(row)
            left = said(out) - sum(mean[name] for name in explained)
            print(f"ping {said(out)} ms, {mean}, rtt {row['rtt']['avg_ns'] / MS}, left {left:.3f}")
            assert 0 <= left < OWN_MS


def test_a_load_on_the_receiving_host_is_in_host_rx() -> None:
    """Netfilter rules, each of which takes its time before the reply gets to the socket."""
    rules = "".join("add rule inet t c icmp type 0 icmp id 1 counter\n" for _ in range(4000))
    rules = (
        f"add table inet t\nadd chain inet t c {{ type filter hook input priority 0; }}\n{rules}"
    )
    options = ("-q", "-c", "100", "-i", "0.01", SERVER[4])
    with timing("--split") as run:
        without = run.ping(*options)[0]
        with open("/tmp/rules.nft", "w") as file:
            file.write(rules)
        run.chain.run(run.chain.client, "nft", "-f", "/tmp/rules.nft")
        within = run.ping(*options)[0]
        run.end()
        before, after = (parts(run.of(pid), "min_ns") for pid in (without, within))
        print(before, after)
        check_split(run.of(within), 100)
        assert after["host_rx"] > 3 * before["host_rx"]
        grown = {name: after[name] - before[name] for name in PARTS}
        assert max(grown, key=lambda name: grown[name]) == "host_rx"


def test_a_queue_before_the_wire_is_in_host_tx() -> None:
    with timing("--split") as run:
        device = f"{run.chain.client}0"
        run.chain.run(run.chain.client, *f"tc qdisc add dev {device} root netem delay 30ms".split())
        pid = run.ping("-q", "-c", "20", "-i", "0.01", SERVER[4])[0]
        run.end()
        row = run.of(pid)
        check_split(row, 20)
        assert row["split"]["host_tx"]["min_ns"] >= 30 * MS
        assert row["rtt"]["min_ns"] >= 35 * MS  # it begins where the device's queue does


def test_the_wait_for_a_neighbour_is_in_host_tx() -> None:
    """And not in the default's round-trip time, which begins after it."""
    with timing("--split", delay_ms=50) as run:
        run.chain.run(run.chain.client, "ip", "neigh", "flush", "dev", f"{run.chain.client}0")
        pid = run.ping("-q", "-c", "1", SERVER[4])[0]
        run.end()
        row = run.of(pid)
        check_split(row, 1)
        assert row["split"]["host_tx"]["min_ns"] >= 50 * MS
        assert row["split"]["total"]["min_ns"] >= row["rtt"]["min_ns"] + 50 * MS


def test_raw_sockets_get_copies_of_what_others_asked() -> None:
    with timing("--split", delay_ms=20) as run:
        pids = [run.start("raw", 4, 20) for _ in range(4)]
        for process in pids:
            assert process.wait(timeout=60) == 0
        run.end()
        for process in pids:
            row = run.of(process.pid)
            assert (row["sent"], row["answered"], row["duplicate"]) == (20, 20, 0)
            check_split(row, 20)


def test_a_flood() -> None:
    """All is accounted for; what found no way through the queues is lost."""
    with timing("--split") as run:
        pid, out = run.ping("-q", "-f", "-c", "3000", SERVER[4])
        run.end()
        row = run.of(pid)
        received = re.search(r"(\d+) received", out)
        assert received
        assert row["sent"] == 3000
        assert row["answered"] + row["late"] == int(received[1])
        assert row["answered"] + row["lost"] == 3000
        check_split(row, row["rtt"]["count"])
