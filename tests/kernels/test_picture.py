"""The whole picture: of each message the record that another decoder's reading of it would make."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.capture import Capture
from tests.chain import CLIENT, ROUTER, SERVER, Chain
from tests.kinds import FIRST_TTL, ask_and_answer, make_errors, meet_neighbours, send_samples
from tests.oracles.leaves import json_leaves
from tests.oracles.samples import PACKETS, message_bytes
from tests.oracles.tshark import Values, check, decode
from tests.tracing import Run, settle

BOOT = {"root": "oracles", "mem": 2048}

Event = dict[str, Any]
SAMPLES = {family: [name for one, name in PACKETS if one == family] for family in (4, 6)}
PLACE = ("sll.ifindex", "sll.pkttype")
OUTGOING = "4"
MORE = (*PLACE, "ip.hdr_len", "ipv6.hopopts.len_oct", "frame.interface_id")
# What an event and a captured packet must have in common to be the same.
KEY = ("netns", "ifindex", "dir", "family", "src", "dst", "ttl", "ip_len", "len", "type", "code")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[Event], list[Event]]]:
    """What pyicmp says, and what tshark says, of the same traffic."""
    folder = tmp_path_factory.mktemp("picture")
    chain = Chain("p")
    namespaces = (chain.client, chain.router, chain.server)
    try:
        with Run("-o", "json", spool=True) as tracer, ExitStack() as stack:
            for netns in namespaces:
                capture = Capture(
                    "any", folder / f"{netns}.pcap", expression="icmp or ip6", netns=netns
                )
                stack.enter_context(capture)
            traffic(chain)
            settle()
            assert tracer.end() == 0
        inodes = {chain.inode(netns): folder / f"{netns}.pcap" for netns in namespaces}
    finally:
        chain.delete()
    events = [event for event in tracer.events if event["netns"] in inodes]
    yield events, [packet for inode, path in inodes.items() for packet in captured(inode, path)]
