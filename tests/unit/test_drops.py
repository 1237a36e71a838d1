"""What is no drop; drops in words, as a table, as JSON."""

from __future__ import annotations

import json

import pytest

from pyicmp.cli.causes import Causes
from pyicmp.icmp.drops.summary import Summary
from pyicmp.icmp.netns import netns_inode
from pyicmp.icmp.verdicts.alarms import is_false_alarm
from pyicmp.icmp.verdicts.verdict import Verdict
from pyicmp.sinks import Style
from pyicmp.sinks.drops import drop_renderer, render_rows
from pyicmp.testing import make_event

HERE = netns_inode("self") or 0

ALARMS = [
    ("packet_rcv", None, 4, 10),
    ("tpacket_rcv", "PACKET_SOCK_ERROR", 4, 10),
    ("raw_rcv", "SOCKET_RCVBUFF", 4, 10),
    ("inet_sock_destruct", "QUEUE_PURGE", 4, 10),
    ("ip_rcv_core", "OTHERHOST", 4, 10),
    ("icmpv6_rcv", "IPV6_NDISC_NS_OTHERHOST", 6, 0xFF),
    ("ip6_mc_input", None, 6, 0xFF),
    ("ip_rcv_finish_core", None, 4, 0xE1),
    ("icmpv6_rcv", None, 6, 0xFF),  # the kernel's work is done
]
DROPS = [
    ("icmp_rcv", "NO_SOCKET", 4, 10),
    ("ping_queue_rcv_skb", "SOCKET_RCVBUFF", 4, 10),
    ("ping_rcv", None, 4, 10),  # without reasons
    ("nft_do_chain", "NETFILTER_DROP", 4, 10),
    ("ip_rcv_finish_core", None, 4, 10),
    ("ip_rcv_finish_core", "IP_RPFILTER", 4, 0xE1),
    ("icmpv6_rcv", "IPV6_NDISC_HOP_LIMIT", 6, 0xFF),
    ("icmpv6_rcv", "ICMP_CSUM", 6, 0x20),
    (None, None, 4, 10),  # ignored, say: no place
]


@pytest.mark.parametrize("freed", ALARMS)
def test_no_drop(freed: tuple[str | None, str | None, int, int]) -> None:
    assert is_false_alarm(*freed)


@pytest.mark.parametrize("freed", DROPS)
def test_drop(freed: tuple[str | None, str | None, int, int]) -> None:
    assert not is_false_alarm(*freed)


def drop(
    outcome: str = "dropped", *, way: str = "in", kind: str = "echo-request", **more: object
) -> Verdict:
    message = make_event("192.0.2.1", type=kind, direction=way, netns=HERE, ifname=b"eth0")
    return Verdict.of(request=message, outcome=outcome, **more)


def on_its_way(ttl: int, **more: object) -> Verdict:
    message = make_event("192.0.2.1", ttl=ttl, forwarded=True, netns=HERE, ifname=b"eth0")
    return Verdict.of(request=message, outcome="dropped", **more)


FIREWALL = {"reason": "NETFILTER_DROP", "location": "nft_do_chain+0x4c3"}
LINES = [
    (
        drop(**FIREWALL),
        "In  IP 192.0.2.1 > 192.0.2.2: echo request, NETFILTER_DROP at nft_do_chain",
    ),
    (
        drop(location="nf_hook_slow+0x93"),
        "In  IP 192.0.2.1 > 192.0.2.2: echo request, dropped (at nf_hook_slow)",
    ),
    (
        drop(way="out", kind="echo-reply", reason="QDISC_DROP", location="__dev_queue_xmit+0xd2a"),
        "Out IP 192.0.2.1 > 192.0.2.2: echo reply, QDISC_DROP at __dev_queue_xmit",
    ),
    (
        drop("reply_dropped", **FIREWALL),
        "In  IP 192.0.2.1 > 192.0.2.2: echo request,"
        " reply dropped (NETFILTER_DROP at nft_do_chain)",
    ),
    (
        on_its_way(64, **FIREWALL),
        "Fwd IP 192.0.2.1 > 192.0.2.2: echo request, NETFILTER_DROP at nft_do_chain",
    ),
    (
        on_its_way(1, reason="IP_INHDR", location="ip_forward+0x26f"),
        "Fwd IP 192.0.2.1 > 192.0.2.2: echo request, hop limit ended here (IP_INHDR at ip_forward)",
    ),
    (
        on_its_way(1, location="ip_forward+0x26f"),
        "Fwd IP 192.0.2.1 > 192.0.2.2: echo request, hop limit ended here (at ip_forward)",
    ),
    (
        on_its_way(1, reason="PKT_TOO_BIG", location="ip_forward+0x26f"),
        "Fwd IP 192.0.2.1 > 192.0.2.2: echo request, PKT_TOO_BIG at ip_forward",
    ),
    (
        drop("no_socket", kind="unreachable"),
        "In  IP 192.0.2.1 > 192.0.2.2: net unreachable, no socket that it concerns",
    ),
]


@pytest.mark.parametrize(("given", "line"), LINES)
def test_lines(given: Verdict, line: str) -> None:
    (text,) = drop_renderer("text", Style())([given]).decode().splitlines()
    assert text[15:] == f" eth0  {line}"


def test_a_table_counts_by_what_is_common() -> None:
    summary = Summary()
    summary.add([drop(**FIREWALL), LINES[2][0], drop(**FIREWALL)])
    table = render_rows(summary.rows(), "text").decode().splitlines()
    assert [line.split() for line in table] == [
        ["COUNT", "NETNS", "DIR", "MESSAGE", "WHY"],
        ["2", "self", "in", *"IP echo request NETFILTER_DROP at nft_do_chain+0x4c3".split()],
        ["1", "self", "out", *"IP echo reply QDISC_DROP at __dev_queue_xmit+0xd2a".split()],
    ]
    starts = zip(table, ("WHY", "NETF", "QDISC"), strict=True)
    assert len({line.index(word) for line, word in starts}) == 1
    first, second = map(json.loads, render_rows(summary.rows(), "json").splitlines())
    assert (first["count"], first["verdict"], first["type_name"]) == (2, "dropped", "echo-request")
    assert (first["reason"], first["location"]) == ("NETFILTER_DROP", "nft_do_chain+0x4c3")
    assert (second["count"], second["dir"]) == (1, "out")
    assert not {"src", "id", "ts"} & first.keys()


def test_hop_limits_that_end_here_are_told_apart() -> None:
    ended = on_its_way(1, location="ip_forward+0x26f")
    summary, causes = Summary(), Causes()
    for given in (ended, on_its_way(64, location="ip_forward+0x26f"), ended):
        summary.add([given])
        causes.add([given])
    rows = [json.loads(line) for line in render_rows(summary.rows(), "json").splitlines()]
    assert [(row["count"], row.get("expired")) for row in rows] == [(2, True), (1, None)]
    first, second = causes.sentences()
    assert first == (
        "2 hop limit ended here (at ip_forward); a traceroute, or a routing loop;"
        " try: ip route get 192.0.2.2"
    )
    assert second == "1 dropped in transit (at ip_forward)"


def test_an_empty_table_is_nothing() -> None:
    assert render_rows(Summary().rows(), "text") == b""
