"""What is printed of an event, in each format."""

from __future__ import annotations

import json
import random
import re
import time

import pytest

from pyicmp.icmp.event import RECORD_FIELDS, IcmpEvent
from pyicmp.sinks import FORMATS, renderer
from pyicmp.sinks.jsonl import as_dict

TS_NS = 1_795_396_023_502_271_335
RECORD = {
    "boot_ns": 5,
    "src": bytes([10, 0, 0, 9]) + bytes(12),
    "dst": bytes([10, 0, 0, 5]) + bytes(12),
    "ifname": b"eth0",
    "ifindex": 2,
    "netns": 4026531833,
    "ip_len": 84,
    "icmp_len": 64,
    "header": 0,
    "rest": 7 << 16 | 3,
    "frag_off": 0,
    "more_frags": 0,
    "family": 2,
    "protocol": 1,
    "ttl": 63,
    "type": 8,
    "code": 0,
}


def event(absent: str | None = None, lost: int = 0, **changed: object) -> IcmpEvent:
    row = tuple({**RECORD, **changed}[name] for name in RECORD_FIELDS)
    return IcmpEvent((*row, TS_NS, "ip_rcv_core", "in", absent, lost))


def text(one: IcmpEvent) -> str:
    return renderer("text")([one]).decode()


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def test_text_is_the_line_of_the_contract() -> None:
    assert text(event()) == (
        "01:07:03.502271 eth0  In  -           IP 10.0.0.9 > 10.0.0.5:"
        " ICMP echo request, id 7, seq 3, ttl 63, length 64\n"
    )


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"type": 0}, "ICMP echo reply, id 7, seq 3,"),
        ({"type": 3, "code": 1}, "ICMP host unreachable, ttl"),
        ({"type": 3, "code": 4, "rest": 1420}, "ICMP unreachable - need to frag (mtu 1420),"),
        ({"type": 3, "code": 99}, "ICMP unreachable, code 99,"),
        ({"type": 5, "code": 1, "rest": 0x0A000001}, "ICMP redirect to host 10.0.0.1,"),
        ({"type": 11}, "ICMP time exceeded in-transit,"),
        ({"type": 13}, "ICMP time stamp query, id 7, seq 3,"),
        ({"type": 200}, "ICMP type-#200,"),
        ({"absent": "fragment", "frag_off": 1480}, "ICMP fragment, offset 1480, ttl 63, length 64"),
        ({"absent": "nonlinear"}, "ICMP header not in linear data,"),
        ({"absent": "truncated"}, "ICMP header truncated,"),
    ],
)
def test_text_in_tcpdumps_words(changed: dict[str, object], says: str) -> None:
    assert says in text(event(**changed))  # type: ignore[arg-type]


def test_legacy_is_the_old_line_byte_for_byte() -> None:
    assert renderer("legacy")([event(), event(family=10)]) == (
        b"Source: 10.0.0.9; Destination: 10.0.0.5; Protocol: 1.\n"
    )


def test_json_keys_of_an_echo() -> None:
    assert json.loads(renderer("json")([event(lost=4)])) == {
        "v": 1,
        "ts": "2026-11-23T01:07:03.502271335Z",
        "ts_ns": TS_NS,
        "boot_ns": 5,
        "dir": "in",
        "if": "eth0",
        "ifindex": 2,
        "netns": 4026531833,
        "family": 4,
        "src": "10.0.0.9",
        "dst": "10.0.0.5",
        "proto": 1,
        "ttl": 63,
        "len": 64,
        "ip_len": 84,
        "type": 8,
        "type_name": "echo-request",
        "code": 0,
        "id": 7,
        "seq": 3,
        "hook": "ip_rcv_core",
        "lost_before": 4,
    }


def test_json_has_id_and_seq_of_echoes_only() -> None:
    assert not {"id", "seq"} & as_dict(event(type=3, code=3)).keys()
    assert not {"id", "seq"} & as_dict(event(type=13)).keys()


def test_json_has_no_key_for_what_is_not_known() -> None:
    absent = as_dict(event(absent="fragment", frag_off=1480, more_frags=1))
    assert not {"type", "type_name", "code", "id", "seq", "mtu"} & absent.keys()
    assert (absent["header_absent"], absent["frag_off"]) == ("fragment", 1480)
    assert as_dict(event(type=3, code=4, rest=1420))["mtu"] == 1420
    assert as_dict(event(type=5, code=0, rest=0x0A000001))["gateway"] == "10.0.0.1"


@pytest.mark.parametrize("output", FORMATS)
def test_hostile_names_never_reach_the_terminal(output: str) -> None:
    rng = random.Random(4)
    hostile = [b"\x1b]0;own\x07", b"\x9b31m", b"a\nb", b'",\\', "\u202e".encode(), b"=cmd()"]
    hostile += [rng.randbytes(15) for _ in range(2000)]
    printed = renderer(output)([event(ifname=name) for name in hostile])
    assert re.fullmatch(rb"[\x20-\x7e\n]*", printed)
    assert printed.count(b"\n") == len(hostile)


def test_events_are_frozen_and_have_names_for_everything() -> None:
    one = event(type=3, code=13)
    with pytest.raises(AttributeError):
        one.ttl = 1
    assert (one.type_name, one.code_name, one.id, one.family) == (
        "unreachable",
        "admin-prohibited",
        None,
        4,
    )
    assert one.time.timestamp() == pytest.approx(TS_NS / 1e9, abs=1e-6)
    assert event(family=10, src=bytes(15) + b"\1").src == "::1"
