"""Verdicts in words, as JSON, and as advice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pyicmp.cli.causes import Causes
from pyicmp.icmp.netns import netns_inode
from pyicmp.icmp.trace_request import TraceRequest
from pyicmp.icmp.verdicts.verdict import Verdict, reason_of
from pyicmp.sinks import Style, renderer
from pyicmp.sinks.verdicts import verdict_renderer, words
from pyicmp.testing import make_event

HERE = netns_inode("self") or 0


def verdict(
    outcome: str, ifname: bytes = b"eth0", src: str = "192.0.2.1", **more: object
) -> Verdict:
    request = make_event(src, id=7, seq=3, netns=HERE, ifname=ifname)
    return Verdict.of(request=request, outcome=outcome, **more)


CASES = [
    (verdict("answered", reply_ns=21_000), "answered after 0.021 ms", ""),
    (verdict("answered", reply_ns=21_000, at_most=True), "answered after at most 0.021 ms", ""),
    (
        verdict("ignored", sysctl="net.ipv4.icmp_echo_ignore_all", sysctl_value=1),
        "ignored (icmp_echo_ignore_all=1)",
        "try: sysctl -w net.ipv4.icmp_echo_ignore_all=0",
    ),
    (
        verdict("ignored", sysctl="net.ipv6.icmp.echo_ignore_anycast", sysctl_value=1),
        "ignored (net.ipv6.icmp.echo_ignore_anycast=1)",
        "try: sysctl -w net.ipv6.icmp.echo_ignore_anycast=0",
    ),
    (
        verdict("rate_limited", reason="host", sysctl="net.ipv4.icmp_ratelimit", sysctl_value=1000),
        "rate-limited (per host, icmp_ratelimit=1000)",
        "echo replies are among what is limited; try: sysctl -w net.ipv4.icmp_ratemask=6168",
    ),
    (
        verdict("dropped", reason="NETFILTER_DROP", location="nft_do_chain+0x4c3"),
        "dropped (NETFILTER_DROP at nft_do_chain)",
        "a netfilter rule; try: nft list ruleset",
    ),
    (
        verdict("dropped", location="nf_hook_slow+0x93"),
        "dropped (at nf_hook_slow)",
        "a netfilter rule; try: nft list ruleset",
    ),
    (
        verdict("dropped", reason="IP_RPFILTER", location="ip_rcv_finish_core.isra.0+0x1"),
        "dropped (IP_RPFILTER at ip_rcv_finish_core)",
        "net.ipv4.conf.eth0.rp_filter=0",
    ),
    (
        verdict("reply_dropped", reason="EPERM", errno=1),
        "reply dropped (EPERM)",
        "a netfilter rule; try: nft list ruleset",
    ),
    (
        verdict("reply_dropped", location="neigh_invalidate+0x12", later=True),
        "reply dropped later (at neigh_invalidate)",
        "no neighbour answers for it; try: ip neigh show dev eth0",
    ),
    (
        verdict("no_route_back", reason="ENETUNREACH", errno=101),
        "no route back (ENETUNREACH)",
        "try: ip route get 192.0.2.1",
    ),
    (verdict("unknown"), "not answered, cause not seen", ""),
]


@pytest.mark.parametrize(("given", "text", "advice"), CASES, ids=[text for _, text, _ in CASES])
def test_words_and_advice(given: Verdict, text: str, advice: str) -> None:
    causes = Causes()
    causes.add([given, given])
    lines = list(causes.sentences())
    assert words(given) == text
    if given.outcome == "answered":
        assert lines == ["2 answered"]
    else:
        assert len(lines) == 1
        assert lines[0].startswith(f"2 {text}")
        assert lines[0].endswith(advice)


def test_a_line() -> None:
    line = verdict_renderer("text")([CASES[2][0]]).decode()
    assert line[15:] == (
        " eth0  IP 192.0.2.1 > 192.0.2.2: id 7, seq 3, ignored (icmp_echo_ignore_all=1)\n"
    )


def test_no_control_sequence_reaches_a_terminal() -> None:
    given = verdict("dropped", ifname=b"e\x1b[2J", reason="TC_INGRESS")
    causes = Causes()
    causes.add([given])
    assert b"\x1b" not in verdict_renderer("text", Style(details=True))([given])
    assert "\x1b" not in "".join(causes.sentences())


def test_json() -> None:
    line = json.loads(verdict_renderer("json")([CASES[4][0]]))
    assert (line["verdict"], line["reason"]) == ("rate_limited", "host")
    assert line["sysctl"] == "net.ipv4.icmp_ratelimit=1000"
    assert (line["id"], line["seq"], line["src"], line["dir"]) == (7, 3, "192.0.2.1", "in")
    assert not {"location", "reply_ns", "later", "at_most"} & line.keys()


def test_what_is_taken_back_was_not_answered() -> None:
    causes = Causes()
    causes.add([verdict("answered", reply_ns=1), verdict("reply_dropped", later=True)])
    assert list(causes.sentences()) == ["1 reply dropped later"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("rate_limited", None, "net.ipv4.icmp_msgs_per_sec", None), "global"),
        (("rate_limited", None, "net.ipv6.icmp.ratelimit", None), "host"),
        (("reply_dropped", "QDISC_DROP", None, 105), "QDISC_DROP"),
        (("reply_dropped", None, None, 105), "ENOBUFS"),
        (("unknown", None, None, None), None),
    ],
)
def test_reasons(arguments: tuple[str, str | None, str | None, int | None], reason: str) -> None:
    assert reason_of(*arguments) == reason


def test_in_a_trace() -> None:
    fate = Verdict.of(
        outcome="rate_limited", reason="host", sysctl="net.ipv4.icmp_ratelimit", sysctl_value=1000
    )
    event = make_event(id=7, seq=3, ttl=63, fate=fate)
    assert (event.verdict, event.reason, event.fate) == ("rate_limited", "host", fate)
    assert renderer("text")([event]).endswith(
        b"length 64, rate-limited (per host, icmp_ratelimit=1000)\n"
    )
    line = json.loads(renderer("json")([event]))
    assert (line["verdict"], line["reason"]) == ("rate_limited", "host")
    assert b",rate_limited,host,ip_rcv_core," in renderer("csv")([event])


@pytest.mark.parametrize(
    ("arguments", "judged"),
    [
        ({}, True),
        ({"types": ["errors"]}, False),
        ({"types": ["!errors"]}, True),
        ({"types": ["echo-request"], "families": [6]}, True),
        ({"direction": "out"}, False),
        ({"pids": [1]}, False),
        ({"inner": "tcp"}, False),
        ({"light": True}, False),
        ({"verdicts": False}, False),
    ],
)
def test_judged_is_what_is_shown(arguments: dict[str, Any], judged: bool) -> None:
    request = TraceRequest(**arguments)
    assert (request.beside("kretprobe") is not None) == judged
    assert request.beside("tracepoint") is None
