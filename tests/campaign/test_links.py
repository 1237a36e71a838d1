"""VLANs, bonds, bridges, tunnels: a packet on its way through them is one, not several."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ADDRESSES, FAR, NEAR, NETNS, delete_link, ip
from tests.tracing import traced

WAYS = ("kretprobe", "tracepoint", "kretprobe --light")
COUNT = 3
# Each end's link, what makes it, and the part that a link below it must take (bond, bridge).
TUNNEL = "link add {name} type {kind} local {here} remote {there}"
VLAN = "link add link {below} name {name} type vlan id 5"
LINKS = {
    "vlan": (VLAN,),
    "bond": (
        "link add {name} type bond mode active-backup",
        "link set {below} down",
        "link set {below} master {name}",
    ),
    "bridge": ("link add {name} type bridge", "link set {below} master {name}"),
    "ipip": (TUNNEL,),
    "sit": (TUNNEL,),
    "gre": (TUNNEL,),
    "ip6tnl": (TUNNEL.replace("type {kind}", "type {kind} mode any"),),
    "ip6gre": (TUNNEL,),
}
OVER_IPV6 = ("ip6tnl", "ip6gre")
# What a link carries, if not both.
FAMILIES = {"ipip": (4,), "sit": (6,)}
ENDS = {4: ("192.0.2.1/24", "192.0.2.2/24"), 6: ("2001:db8:7::1/64", "2001:db8:7::2/64")}


@pytest.fixture(params=LINKS)
def link(request: pytest.FixtureRequest, veth: tuple[str, str, str]) -> Iterator[str]:
    """Give a link of some kind over the veth pair, with the addresses in ``ENDS``."""
    kind: str = request.param
    try:
        make_link(kind)
        yield kind
    finally:
        delete_link("over0")


def make_link(kind: str) -> None:
    """Make both ends of a link."""
    near, far = ADDRESSES[6 if kind in OVER_IPV6 else 4]
    for end, prefix, below, here, there in (
        (0, "", NEAR, near, far),
        (1, f"-n {NETNS} ", FAR, far, near),
    ):
        words = {"name": "over0", "below": below, "here": here, "there": there, "kind": kind}
        for command in LINKS[kind]:
            ip(prefix + command.format(**words))
        for family in families(kind):
            nodad = " nodad" if family == 6 else ""
            ip(f"{prefix}address add {ENDS[family][end]} dev over0{nodad}")
        for name in (below, "over0"):
            ip(f"{prefix}link set {name} up")


def families(kind: str) -> tuple[int, ...]:
    return FAMILIES.get(kind, (4, 6))


def ping(family: int) -> int:
    """Ping the far end and return the process's id."""
    address = ENDS[family][1].partition("/")[0]
    argv = ["ping", "-n", "-q", "-i", "0.2", "-c", str(COUNT), "-W", "5", address]
    pinger = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    assert pinger.wait(60) == 0
    return pinger.pid


def test_each_message_once_a_direction(link: str) -> None:
    ping(families(link)[0])  # all are awake
    with traced(WAYS, "-t", "echo") as events:
        pids = {family: ping(family) for family in families(link)}
    far = Path(f"/run/netns/{NETNS}").stat().st_ino
    for way in WAYS:
        found = [one for one in events[way] if not is_at_a_port(one, link, way)]
        counts = Counter(
            (one["family"], one["netns"] == far, one["dir"], one["type_name"], one.get("pid"))
            for one in found
        )
        expected = Counter[tuple[object, ...]]()
        for family, pid in pids.items():
            for passed in (
                (family, False, "out", "echo-request", pid),
                (family, True, "in", "echo-request", 0),
                (family, True, "out", "echo-reply", 0),
                (family, False, "in", "echo-reply", pid),
            ):
                expected[passed] = COUNT
        assert counts == expected, way
        if link == "vlan":
            assert {one.get("vlan") for one in found} == {5}
        elif way == "kretprobe":
            assert {one["if"] for one in found} == {"over0"}


def is_at_a_port(event: dict[str, Any], link: str, way: str) -> bool:
    """Tell whether it has not come to the bridge yet: the tracepoint is passed at both."""
    return link == "bridge" and way == "tracepoint" and event["if"] in (NEAR, FAR)
