"""What lies between a packet and its wire - VLANs, bonds, bridges, tunnels - is no second packet."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ADDRESSES, FAR, NEAR, NETNS, ip
from tests.tracing import Run, settle

WAYS = (("kretprobe",), ("fexit",), ("tracepoint",), ("kretprobe", "--light"))
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
    "gre": (TUNNEL,),
    "ip6tnl": (TUNNEL.replace("type {kind}", "type {kind} mode any"),),
    "ip6gre": (TUNNEL,),
}
OVER_IPV6 = ("ip6tnl", "ip6gre")


@pytest.fixture(params=LINKS)
def link(request: pytest.FixtureRequest, veth: tuple[str, str, str]) -> str:
    """Give a link of some kind over the veth pair; its ends are 192.0.2.1 and .2, 2001:db8:7::…."""
    kind: str = request.param
    family = 6 if kind in OVER_IPV6 else 4
    near, far = ADDRESSES[family]
    for prefix, number, below, here, there in (
        ("", 1, NEAR, near, far),
        (f"-n {NETNS} ", 2, FAR, far, near),
    ):
        words = {"name": "over0", "below": below, "here": here, "there": there, "kind": kind}
        for command in LINKS[kind]:
            ip(prefix + command.format(**words))
        ip(f"{prefix}address add 192.0.2.{number}/24 dev over0")
        ip(f"{prefix}address add 2001:db8:7::{number}/64 dev over0 nodad")
        for name in (below, "over0"):
            ip(f"{prefix}link set {name} up")
    return kind


def ping(address: str) -> int:
    """Ping and return the process's id."""
    argv = ["ping", "-n", "-q", "-i", "0.2", "-c", str(COUNT), "-W", "5", address]
    pinger = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    assert pinger.wait(60) == 0
    return pinger.pid


@pytest.mark.parametrize("way", WAYS, ids="-".join)
def test_each_message_once_a_direction(link: str, way: tuple[str, ...]) -> None:
    ping("192.0.2.2")  # all are awake, neighbours are known
    with Run("-o", "json", "-t", "echo", "--attach", *way, spool=True) as tracer:
        pids = {4: ping("192.0.2.2"), 6: ping("2001:db8:7::2")}
        settle()
        assert tracer.end() == 0
    far = Path(f"/run/netns/{NETNS}").stat().st_ino
    events = [one for one in tracer.events if at_the_top(one, link, way[0])]
    for family in (4, 6):
        said = Counter(
            (one["netns"] == far, one["dir"], one["type_name"], one.get("pid"))
            for one in events
            if one["family"] == family
        )
        pid, kernel = pids[family], 0
        assert said == {
            (False, "out", "echo-request", pid): COUNT,
            (True, "in", "echo-request", kernel): COUNT,
            (True, "out", "echo-reply", kernel): COUNT,
            (False, "in", "echo-reply", pid): COUNT,
        }
    if link == "vlan":
        assert {one.get("vlan") for one in events} == {5}
    elif link != "bridge" and way[0] != "tracepoint":
        assert {one["if"] for one in events} == {"over0"}


def at_the_top(event: dict[str, Any], link: str, way: str) -> bool:
    """Tell whether it counts: what enters a bridge passes the tracepoint at its port, too."""
    return not (link == "bridge" and way == "tracepoint" and event["if"] in (NEAR, FAR))
