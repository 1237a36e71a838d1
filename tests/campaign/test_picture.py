"""The whole picture: each message once a place, and all of it as another decoder reads it."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.capture import Capture
from tests.chain import CLIENT, SERVER, Chain
from tests.kinds import FIRST_TTL, ask_and_answer, make_errors, meet_neighbours, send_samples
from tests.oracles.leaves import json_leaves
from tests.oracles.samples import PACKETS, message_bytes
from tests.oracles.tshark import Values, check
from tests.oracles.wire import packets
from tests.tracing import Run, settle

BOOT = {"root": "oracles", "mem": 2048}

Event = dict[str, Any]
Key = tuple[object, ...]
SAMPLES = {family: [name for one, name in PACKETS if one == family] for family in (4, 6)}
MESSAGES = {
    family: [message_bytes(PACKETS[family, name]) for name in names]
    for family, names in SAMPLES.items()
}
# What a record and a captured packet have in common if they are of the same message.
KEYS = (
    *("netns", "ifindex", "family", "src", "dst", "proto", "ttl", "ip_len", "len"),
    *("type", "code", "dir"),
)
# What kernels make of this traffic: of each family, types and codes.
MADE = {
    4: {(3, code) for code in (0, 1, 2, 3, 4, 13)} | {(5, 1), (11, 0), (11, 1), (12, 0)},
    6: {(1, 0), (1, 1), (1, 3), (1, 4), (2, 0), (3, 0), (3, 1), (4, 0), (4, 1), (4, 2)},
}
MADE[4] |= {(0, 0), (8, 0), (14, 0)}
MADE[6] |= {(kind, 0) for kind in (128, 129, 131, 132, 133, 134, 135, 136, 137, 143)}


class Picture:
    """What pyicmp and what tshark say of the same traffic in a chain."""

    def __init__(self, folder: Path) -> None:
        chain = Chain("p")
        paths = {netns: folder / f"{netns}.pcap" for netns in chain.namespaces}
        try:
            inodes = {chain.inode(netns): path for netns, path in paths.items()}
            self.router = chain.inode(chain.router)
            with Run("-o", "json", spool=True) as tracer, ExitStack() as stack:
                for netns, path in paths.items():
                    capture = Capture("any", path, expression="icmp or ip6", netns=netns)
                    stack.enter_context(capture)
                begin_ns = time.time_ns()
                ask_and_answer(chain)
                send_samples(chain, MESSAGES)
                make_errors(chain)
                meet_neighbours(chain, MESSAGES[6][SAMPLES[6].index("router advertisement")])
                end_ns = time.time_ns()  # the kernels go on by themselves
                settle()
                assert tracer.end() == 0
        finally:
            chain.delete()

        def counts(one: Event) -> bool:
            return one["netns"] in inodes and begin_ns < one["ts_ns"] < end_ns

        events = list(filter(counts, tracer.events))
        self.captured = [one for one in packets(inodes) if counts(one[0])]
        sent = {key(one)[:-1] for one in events if one["dir"] == "out"}
        self.looped, self.events = list[Event](), list[Event]()
        for one in events:
            own = one["dir"] == "in" and one["dst"].startswith("ff") and key(one)[:-1] in sent
            (self.looped if own else self.events).append(one)


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Picture:
    return Picture(tmp_path_factory.mktemp("picture"))


def key(event: Event) -> Key:
    return tuple(event.get(name) for name in KEYS)


def sample(event: Event) -> str:
    """Return the name of the sample that a message is, told by its TTL, or nothing."""
    family, number = event["family"], event["ttl"] - FIRST_TTL
    near = {CLIENT[family]: ("pc0", "pr0"), SERVER[family]: ("ps0", "pr1")}.get(event["src"])
    if near is None:
        return ""
    number += event["if"] not in near  # the router took one
    return SAMPLES[family][number] if 0 <= number < len(SAMPLES[family]) else ""


def test_each_message_once_a_place(picture: Picture) -> None:
    said, there = (
        Counter(map(key, picture.events)),
        Counter(key(one) for one, _ in picture.captured),
    )
    assert said == there, f"said, not captured: {said - there}; captured, not said: {there - said}"


def test_a_hosts_own_message_to_a_group_comes_back_to_it_once(picture: Picture) -> None:
    """Packet sockets do not see these copies (PACKET_LOOPBACK, net/packet/af_packet.c)."""
    copies, sent = Counter(map(key, picture.looped)), Counter(map(key, picture.events))
    assert copies
    for copy, count in copies.items():
        outgoing = (*copy[:-1], "out")
        assert count <= sent[outgoing]


def test_all_that_is_said_of_a_message_is_what_tshark_says(picture: Picture) -> None:
    captured: dict[Key, list[Values]] = defaultdict(list)
    for headers, said in picture.captured:
        captured[key(headers)].append(said)
    different = []
    for event in picture.events:
        try:
            check(sample(event), list(json_leaves(event)), captured[key(event)].pop(0))
        except AssertionError as error:
            different.append(f"{error}: {event}")
    assert different == []


def test_kinds(picture: Picture) -> None:
    kinds = {(one["family"], one["type"], one["code"], one["dir"]) for one in picture.events}
    made = {
        (family, *kind, way) for family in (4, 6) for kind in MADE[family] for way in ("in", "out")
    }
    assert (
        made
        - {
            (one["family"], one["type"], one["code"], one["dir"])
            for one in picture.events
            if not sample(one)
        }
        == set()
    )
    each = Counter((family, way) for family, _, _, way in kinds)
    assert all(each[family, way] >= 60 for family in (4, 6) for way in ("in", "out")), each


def test_forwarded_is_what_the_router_sends_of_others(picture: Picture) -> None:
    for event in picture.events:
        others = event["src"] in (*CLIENT.values(), *SERVER.values())
        expected = event["netns"] == picture.router and event["dir"] == "out" and others
        assert event.get("forwarded", False) == expected, event
