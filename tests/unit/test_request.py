"""What can be asked for, and what cannot."""

from __future__ import annotations

import pytest

from pyicmp.errors import UsageError
from pyicmp.icmp.hooks import hooks
from pyicmp.icmp.inner import Inner
from pyicmp.icmp.prefixes import mask_of
from pyicmp.icmp.request import Request

BOTH = frozenset({4, 6})


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
