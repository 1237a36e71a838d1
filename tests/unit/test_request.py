"""What can be asked for, and what cannot."""

from __future__ import annotations

import random
from ipaddress import ip_address, ip_network

import pytest

from pyicmp.errors import UsageError
from pyicmp.icmp.addresses import mask_of, parse_prefix, roles_by_prefix
from pyicmp.icmp.hooks import hooks
from pyicmp.icmp.inner import Inner
from pyicmp.icmp.request import Request

BOTH = frozenset({4, 6})
HOST, SRC, DST = 1, 2, 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"direction": "up"},
        {"families": [5]},
        {"families": []},
        {"data_len": 9000},
        {"types": ["no-such-type"]},
        {"host": ["10.0.0.0/33"]},
        {"src": ["example.org"]},
        {"ids": [65536]},
        {"seqs": [(5, 3)]},
        {"comms": ["a" * 16]},
        {"interfaces": [""]},
        {"inner": ""},
    ],
    ids=repr,
)
def test_what_cannot_be_meant_is_an_error(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Request(**wrong)  # type: ignore[arg-type]


def test_a_name_may_hold_any_bytes() -> None:
    assert Request(interfaces=["\udc9b31m"]).interfaces == ["\udc9b31m"]


def names(**changed: object) -> list[str]:
    asked = {"families": BOTH, "directions": "inout", "owners": True, "light": False, "tree": False}
    return [hook.name for hook in hooks(**{**asked, **changed})]  # type: ignore[arg-type]


def test_what_is_not_asked_for_is_not_hooked() -> None:
    everything = ["ip_rcv_core", "ip6_rcv_core", "net_dev_queue", "task_file"]
    assert names() == everything
    assert names(families=frozenset({6})) == everything[1:]
    assert names(directions="out") == everything[2:]
    assert names(directions="in", owners=False) == everything[:2]
    assert names(tree=True) == [*everything, "sched_process_fork"]
    assert names(light=True, families=frozenset({4})) == [
        "icmp_rcv",
        "ip_push_pending_frames",
        "task_file",
    ]


def test_ways_of_a_light_run() -> None:
    assert Request().ways() == ["kretprobe", "fexit", "tracepoint"]
    assert Request(light=True).ways() == ["fexit", "kretprobe"]


def longest(address: str, trie: dict[tuple[bytes, int], int]) -> int:
    """Do as the kernel's trie does: give the value of the longest prefix only."""
    number = int.from_bytes(parse_prefix(address)[0], "big")
    found = [
        (length, roles)
        for (prefix, length), roles in trie.items()
        if int.from_bytes(prefix, "big") >> (128 - length) == number >> (128 - length)
    ]
    return max(found)[1] if found else 0


def test_a_trie_of_prefixes_knows_all_that_cover_an_address() -> None:
    rng = random.Random(5)
    texts = ["0.0.0.0/0", "::/0", "10.0.0.0/8", "2001:db8::/32", "2001:db8::5/128"]
    texts += [f"10.{rng.randrange(4)}.{rng.randrange(4)}.0/{rng.choice((9, 14, 16, 24))}"
              for _ in range(300)]  # fmt: skip
    given = [(text, rng.choice((HOST, SRC, DST))) for text in texts]
    trie = roles_by_prefix((parse_prefix(text), role) for text, role in given)
    addresses = [f"10.{rng.randrange(5)}.{rng.randrange(5)}.7" for _ in range(200)]
    for address in [*addresses, "192.0.2.1", "2001:db8::5", "fe80::1"]:
        expected = 0
        for text, role in given:
            network = ip_network(text, strict=False)
            if network.version == ip_address(address).version and ip_address(address) in network:
                expected |= role
        assert longest(address, trie) == expected


def test_masks() -> None:
    assert mask_of(0) == bytes(16)
    assert mask_of(12).hex() == "fff0" + "0" * 28
    assert mask_of(128) == b"\xff" * 16


def test_inner() -> None:
    inner = Inner("proto tcp and src host 10.0.0.5 dst port 443")
    assert (inner.protocol, inner.ports) == (6, {"dport": 443})
    config = inner.config()
    assert config["by_protocol"] is True
    assert config["dst"] == {"prefix": {"half": (0, 0)}, "mask": {"half": (0, 0)}}
    assert Inner("udp").protocol == 17
    assert Inner("proto 132 host 2001:db8::/32").protocol == 132


@pytest.mark.parametrize(
    "text",
    ["proto", "proto none", "tcp udp", "dst", "port 0", "port x", "src port 1 src port 2",
     "host 1.2.3", "and tcp", "frobnicate", "dst tcp"],
)  # fmt: skip
def test_inner_that_cannot_be_meant(text: str) -> None:
    with pytest.raises(UsageError):
        Inner(text)
