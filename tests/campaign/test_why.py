"""What becomes of an echo request: the truth table of docs/why.md, each row by its own verdict."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from tests.chain import CLIENT, SERVER
from tests.judging import IGNORE_ALL, Judging, Line, nft

BOOT = {"kernels": ["5.10", "6.1", "6.12", "6.12-rt", "7.x"]}
BOTH = pytest.mark.parametrize("family", [4, 6])
HAS_REASONS = not os.uname().release.startswith("5.10.")
FAR = {4: "198.51.100.0/24", 6: "2001:db8:1::/64"}
NOBODY = {4: "203.0.113.77", 6: "2001:db8:2::77"}
# Echo requests of each of two senders: PYICMP_FLOOD=50000 takes minutes, and more memory.
FLOOD = int(os.environ.get("PYICMP_FLOOD", "1500"))
FIREWALL = {"nft_do_chain", "nf_hook_slow"}


@pytest.fixture(scope="module")
def judging() -> Iterator[Judging]:
    found = Judging("why", "--buffer", "64M" if FLOOD > 10_000 else "8M")
    yield found
    found.close()


def sysctl(
    judging: Judging, name: str, value: object, default: object
) -> AbstractContextManager[None]:
    return judging.changed(f"sysctl -qw {name}={value}", f"sysctl -qw {name}={default}")


def one(judging: Judging, number: int, *netns: str) -> Line:
    (line,) = judging.verdicts(number, 1, *netns)
    return line


def function(line: Line) -> str:
    return re.split(r"[.+]", line.get("location", ""))[0]


def said(line: Line) -> tuple[object, ...]:
    """Return a verdict without what only some kernels tell."""
    return line["verdict"], line.get("sysctl")


@BOTH
@pytest.mark.parametrize("size", ["56", "3000"])
def test_answered(judging: Judging, family: int, size: str) -> None:
    number, answered = judging.ping(family, "-s", size)
    line = one(judging, number)
    assert answered == 1
    assert said(line) == ("answered", None)
    assert 0 < line["reply_ns"] < 1e9
    assert (line["src"], line["dst"]) == (CLIENT[family], SERVER[family])
    assert (line["seq"], line["if"], line["type_name"]) == (1, "ws0", "echo-request")


@BOTH
def test_answered_to_a_raw_socket(judging: Judging, family: int) -> None:
    echoes = judging.echoes("raw", family, 3)
    assert echoes.answered() == 3
    assert judging.counts(echoes.number, 3) == {"answered": 3}


@BOTH
def test_ignored(judging: Judging, family: int) -> None:
    with sysctl(judging, IGNORE_ALL[family], 1, 0):
        number, answered = judging.ping(family)
        assert answered == 0
        assert said(one(judging, number)) == ("ignored", f"{IGNORE_ALL[family]}=1")


@BOTH
@pytest.mark.parametrize("value", [0, 1])
def test_broadcasts_and_multicasts(judging: Judging, family: int, value: int) -> None:
    """The sender gets a copy as well, which has its own verdict, in its own namespace."""
    name, to = {
        4: ("net.ipv4.icmp_echo_ignore_broadcasts", "203.0.113.255"),
        6: ("net.ipv6.icmp.echo_ignore_multicast", "ff02::1%wr1"),
    }[family]
    more = ["-b"] if family == 4 else []
    with sysctl(judging, name, value, 1 - value):
        number, _ = judging.ping(family, *more, to=to, netns=judging.chain.router)
        lines = judging.verdicts(number, 2, judging.chain.router, judging.chain.server)
    (line,) = [line for line in lines if line["if"] == "ws0"]
    assert said(line) == (("ignored", f"{name}=1") if value else ("answered", None))


@BOTH
def test_global_limit(judging: Judging, family: int) -> None:
    """The two settings are the host's before Linux 6.13 (and its backports)."""
    mask = {
        4: ("net.ipv4.icmp_ratemask=1", "net.ipv4.icmp_ratemask=6168"),
        6: ("net.ipv6.icmp.ratemask=129", "net.ipv6.icmp.ratemask=0-1,3-127"),
    }
    limits = (
        "net.ipv4.icmp_msgs_per_sec=1 net.ipv4.icmp_msgs_burst=1",
        "net.ipv4.icmp_msgs_per_sec=1000 net.ipv4.icmp_msgs_burst=50",
    )
    own = {4: "net.ipv4.icmp_ratelimit", 6: "net.ipv6.icmp.ratelimit"}[family]
    do, undo = (
        f"(sysctl -qw {limit} || nsenter -t 1 -n sysctl -qw {limit}) 2>/dev/null;"
        f" sysctl -qw {mask[family][at]} {own}={1000 * at}"
        for at, limit in enumerate(limits)
    )
    with judging.changed(do, undo):
        number, answered = judging.ping(family, "-c", "8")
        lines = judging.verdicts(number, 8)
    assert 1 <= answered < 8
    limited = [line for line in lines if line["verdict"] == "rate_limited"]
    assert (len(lines) - len(limited), len(limited)) == (answered, 8 - answered)
    assert {line["reason"] for line in limited} == {"global"}
    assert {line["sysctl"].partition("=")[0] for line in limited} == {"net.ipv4.icmp_msgs_per_sec"}


@BOTH
def test_limit_per_host(judging: Judging, family: int) -> None:
    setting = {4: "net.ipv4.icmp_ratelimit=1000", 6: "net.ipv6.icmp.ratelimit=1000"}[family]
    name = {4: "net.ipv4.icmp_ratemask", 6: "net.ipv6.icmp.ratemask"}[family]
    with sysctl(judging, name, {4: 1, 6: 129}[family], {4: 6168, 6: "0-1,3-127"}[family]):
        number, answered = judging.ping(family, "-c", "12")
        lines = judging.verdicts(number, 12)
    assert 1 <= answered < 12
    assert [line["verdict"] for line in lines].count("answered") == answered
    limited = [line for line in lines if line["verdict"] == "rate_limited"]
    assert len(limited) == 12 - answered
    assert {(line["reason"], line["sysctl"]) for line in limited} == {("host", setting)}


@BOTH
@pytest.mark.parametrize("ignored", [0, 1])
def test_bad_checksum(judging: Judging, family: int, ignored: int) -> None:
    """It is looked at first, so it is the cause even where all would be ignored."""
    with sysctl(judging, IGNORE_ALL[family], ignored, 0):
        echoes = judging.echoes("badsum", family, 1)
        assert echoes.answered() == 0
        line = one(judging, echoes.number)
    assert (line["verdict"], line["reason"]) == ("dropped", "ICMP_CSUM")
    assert function(line) == {4: "icmp_rcv", 6: "icmpv6_rcv"}[family]


@BOTH
@pytest.mark.parametrize("hook", ["prerouting", "input"])
def test_netfilter_drops_the_request(judging: Judging, family: int, hook: str) -> None:
    with judging.changed(*nft(hook, family, "echo-request")):
        number, answered = judging.ping(family)
        line = one(judging, number)
    assert (answered, line["verdict"]) == (0, "dropped")
    assert line.get("reason") == ("NETFILTER_DROP" if HAS_REASONS else None)
    assert function(line) in FIREWALL


@BOTH
@pytest.mark.parametrize("hook", ["output", "postrouting"])
def test_netfilter_drops_the_reply(judging: Judging, family: int, hook: str) -> None:
    with judging.changed(*nft(hook, family, "echo-reply")):
        number, answered = judging.ping(family)
        line = one(judging, number)
    assert (answered, line["verdict"], line["errno"]) == (0, "reply_dropped", 1)
    assert line["reason"] == ("NETFILTER_DROP" if HAS_REASONS else "EPERM")
    assert function(line) in FIREWALL


@BOTH
def test_qdisc_drops_the_reply(judging: Judging, family: int) -> None:
    do = "ip link set ws0 txqueuelen 100; tc qdisc add dev ws0 root pfifo limit 0"
    with judging.changed(do, "tc qdisc delete dev ws0 root"):
        number, answered = judging.ping(family)
        line = one(judging, number)
    assert (answered, line["verdict"], line["errno"]) == (0, "reply_dropped", 105)
    assert line["reason"] == ("QDISC_DROP" if HAS_REASONS else "ENOBUFS")


@BOTH
def test_tc_drops_the_request(judging: Judging, family: int) -> None:
    do = "tc qdisc add dev ws0 clsact; tc filter add dev ws0 ingress matchall action drop"
    with judging.changed(do, "tc qdisc delete dev ws0 clsact"):
        number, answered = judging.ping(family)
        line = one(judging, number)
    assert (answered, line["verdict"]) == (0, "dropped")
    assert line.get("reason") == ("TC_INGRESS" if HAS_REASONS else None)


@BOTH
@pytest.mark.parametrize(("kind", "errno"), [("", 101), ("blackhole", 22)])
def test_no_route_back(judging: Judging, family: int, kind: str, errno: int) -> None:
    gateway = {4: "203.0.113.1", 6: "2001:db8:2::1"}[family]
    do, undo = f"ip -{family} route delete default", f"ip -{family} route add default via {gateway}"
    if kind:
        do += f"; ip -{family} route add {kind} {FAR[family]}"
        undo += f"; ip -{family} route delete {kind} {FAR[family]}"
    with judging.changed(do, undo):
        number, answered = judging.ping(family)
        line = one(judging, number)
    assert (answered, line["verdict"], line["errno"]) == (0, "no_route_back", errno)


def test_reverse_path_filter(judging: Judging) -> None:
    do = "ip route delete default; sysctl -qw net.ipv4.conf.ws0.rp_filter=1"
    undo = "ip route add default via 203.0.113.1; sysctl -qw net.ipv4.conf.ws0.rp_filter=0"
    with judging.changed(do, undo):
        number, answered = judging.ping(4)
        line = one(judging, number)
    assert (answered, line["verdict"]) == (0, "dropped")
    assert line.get("reason") == ("IP_RPFILTER" if HAS_REASONS else None)
    assert function(line) == "ip_rcv_finish_core"


@BOTH
def test_not_for_us(judging: Judging, family: int) -> None:
    neighbour = f"{NOBODY[family]} dev wr1 lladdr {judging.mac()}"
    judging.router(f"ip neigh replace {neighbour} nud permanent")
    number, answered = judging.ping(family, to=NOBODY[family])
    assert (answered, one(judging, number)["verdict"]) == (0, "not_for_us")


@BOTH
def test_dropped_on_its_way_through(judging: Judging, family: int) -> None:
    do, undo = nft("forward", family, "echo-request")
    judging.router(do)
    try:
        number, answered = judging.ping(family)
        line = one(judging, number, judging.chain.router)
    finally:
        judging.router(undo)
    assert (answered, line["verdict"], line["forwarded"]) == (0, "dropped", True)


@BOTH
def test_reply_dropped_later(judging: Judging, family: int) -> None:
    """It waits for a neighbour who never answers: answered first, and then it was not."""
    gone = {4: "203.0.113.99", 6: "2001:db8:2::99"}[family]
    gateway = {4: "203.0.113.1", 6: "2001:db8:2::1"}[family]
    do = f"ip -{family} route replace default via {gone}"
    with judging.changed(do, f"ip -{family} route replace default via {gateway}"):
        number, answered = judging.ping(family)
        first, second = judging.verdicts(number, 2)
    assert answered == 0
    assert (first["verdict"], second["verdict"], second["later"]) == (
        "answered",
        "reply_dropped",
        True,
    )
    assert (second["src"], second["dst"], second["seq"]) == (CLIENT[family], SERVER[family], 1)


@BOTH
def test_full_sniffers_are_no_drop(judging: Judging, family: int) -> None:
    command = "import socket, time; s = socket.socket({}); s.setsockopt(1, 33, 256); time.sleep(60)"
    raw = "2, 3, 1" if family == 4 else "10, 3, 58"
    sniffers = [
        judging.chain.start(judging.chain.server, "python3", "-c", command.format(kind))
        for kind in (raw, "17, 3, 0x0300")
    ]
    time.sleep(3)
    try:
        number, answered = judging.ping(family, "-c", "20")
        assert answered == 20
        assert judging.counts(number, 20) == {"answered": 20}
    finally:
        for process in sniffers:
            process.kill()
            process.wait()


@BOTH
def test_flood_while_all_changes(judging: Judging, family: int) -> None:
    """Each request has one verdict, and what is called answered is what the client got."""
    judging.keep_hooks()
    before = judging.in_echos(family)
    senders = [judging.echoes("raw", family, FLOOD, cpu) for cpu in (0, 1)]
    switch = f"sysctl -qw {IGNORE_ALL[family]}="
    changes = [nft("input", family, "echo-request"), nft("output", family, "echo-reply")]
    changes.append((f"{switch}1", f"{switch}0"))
    while any(sender.is_running() for sender in senders):
        for do, undo in changes:
            judging.server(do, undo)
    got = sum(sender.answered() for sender in senders)
    found = sum((judging.counts(sender.number, FLOOD) for sender in senders), start=Counter())
    came = judging.in_echos(family) - before
    print(f"IPv{family}: {dict(found)}; clients got {got}, ICMP {came}")
    assert set(found) <= {"answered", "ignored", "dropped", "reply_dropped"}, found
    assert found["answered"] == got
    assert found.total() - found["dropped"] == came


def test_what_it_says_at_its_end(judging: Judging) -> None:
    """Last: it ends the run."""
    stderr = judging.end()
    assert "judging echo requests" in stderr
    server_of = judging.chain.server
    assert f"ip netns exec {server_of} sysctl -w net.ipv4.icmp_echo_ignore_all=0" in stderr, stderr
    assert f"ip netns exec {server_of} nft list ruleset" in stderr
    assert ("this kernel gives no drop reasons" in stderr) == (not HAS_REASONS)
    assert " 0 lost" in stderr
    assert "without" not in stderr
