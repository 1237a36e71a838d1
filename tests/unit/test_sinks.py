"""What is printed of an event, in each format."""

from __future__ import annotations

import csv
import json
import random
import re
import time
from typing import Any

import pytest

from pyicmp.icmp.event import IcmpEvent
from pyicmp.sinks import FORMATS, Style, renderer
from pyicmp.sinks.csvtable import COLUMNS
from pyicmp.sinks.jsonl import as_dict
from pyicmp.testing import make_event

TS_NS = 1_795_396_023_502_271_335
# An IPv4 header and 8 bytes of UDP: 10.0.0.5 port 40000 to 10.0.0.9 port 53.
QUOTE = bytes.fromhex("45000054000040004011ffff0a0000050a0000099c4000350040ffff")


def event(src: str = "10.0.0.9", dst: str = "10.0.0.5", **changed: Any) -> IcmpEvent:
    fields = {"id": 7, "seq": 3, "ttl": 63, "boot_ns": 5, "netns": 4026531833, "ts_ns": TS_NS}
    return make_event(src, dst, **{**fields, **changed})


def text(*events: IcmpEvent, output: str = "text", **style: Any) -> str:
    return renderer(output, Style(**style))(events).decode()


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def test_text_is_the_line_of_the_contract() -> None:
    assert text(event(pid=0)) == (
        "01:07:03.502271 eth0  In  kernel      IP 10.0.0.9 > 10.0.0.5:"
        " ICMP echo request, id 7, seq 3, ttl 63, length 64\n"
    )
    assert text(event(type=0, pid=242851, rtt_ns=205_785_000)) == (
        "01:07:03.502271 eth0  In  ping.242851 IP 10.0.0.9 > 10.0.0.5:"
        " ICMP echo reply, id 7, seq 3, ttl 63, length 64, rtt 205.785 ms\n"
    )
    assert text(event(type=3, code=4, mtu=1420, body=QUOTE, direction="out")) == (
        "01:07:03.502271 eth0  Out -           IP 10.0.0.9 > 10.0.0.5:"
        " ICMP 10.0.0.9 unreachable - need to frag (mtu 1420), length 64,"
        " inner UDP 10.0.0.5:40000 > 10.0.0.9:53\n"
    )


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"type": 3, "code": 1}, "ICMP host unreachable, length"),
        ({"type": 3, "code": 3, "body": QUOTE}, "ICMP 10.0.0.9 udp port 53 unreachable, length"),
        ({"type": 5, "code": 1, "gateway": "10.0.0.1"}, "ICMP redirect"),
        ({"type": 11}, "ICMP time exceeded in-transit, length"),
        ({"type": 13}, "ICMP time stamp query id 7 seq 3,"),
        ({"type": 200}, "ICMP type-#200, length"),
        ({"header": "ICMP_HEADER_FRAGMENT", "frag_off": 1480}, "ICMP fragment, offset 1480, len"),
        ({"header": "ICMP_HEADER_NONLINEAR"}, "ICMP header not in linear data, length"),
        ({"header": "ICMP_HEADER_TRUNCATED"}, "ICMP header truncated, length"),
        ({"src": "fe80::1", "dst": "ff02::1"}, "IP6 fe80::1 > ff02::1: ICMP6, echo request, id 7"),
        ({"ttl": 0, "direction": "out"}, "seq 3, length 64"),
    ],
)
def test_text_in_tcpdumps_words(changed: dict[str, Any], says: str) -> None:
    assert says in text(event(**changed))


def test_times() -> None:
    first, second = event(), event(boot_ns=1_500_000_005)
    for form, column in (("local", "01:07:03.502271"), ("utc", "01:07:03.502271")):
        assert text(first, time=form).startswith(f"{column} eth0")
    assert text(second, time="boot").startswith("1.500000 eth0")
    lines = text(first, second, first, time="delta").splitlines()
    assert [line.split()[0] for line in lines] == ["0.000000", "1.500000", "-1.500000"]


def test_wide_and_details_say_where() -> None:
    one = event(vlan=7, direction="out", forwarded=1, type=3, code=1, body=QUOTE)
    where = "hook ip_rcv_core, netns 4026531833, ip length 84, vlan 7, forwarded"
    assert text(one, output="wide").endswith(f"10.0.0.9:53; {where}\n")
    assert text(one, details=True).splitlines()[1] == f"    {where}"
    stamps = event(type=13, body=bytes.fromhex("000000010000000200000003"))
    assert "originate 1, receive 2, transmit 3" in text(stamps, details=True)


def test_bytes_as_tcpdump_prints_them() -> None:
    assert text(event(), hex=True).splitlines()[1] == "\t0x0000:  0800 0000 0007 0003"


def test_colour_is_only_there_when_asked_for() -> None:
    error = event(type=3, code=1)
    assert "\x1b" not in text(error) + text(event(), color=True)
    assert re.search("\x1b\\[31m.*unreachable.*\x1b\\[0m\n", text(error, color=True))


def test_legacy_is_the_old_line_byte_for_byte() -> None:
    assert renderer("legacy")([event(), event("fe80::1")]) == (
        b"Source: 10.0.0.9; Destination: 10.0.0.5; Protocol: 1.\n"
    )


def test_json_keys_of_an_echo() -> None:
    assert json.loads(renderer("json")([event(lost_before=4)])) == {
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
    absent = as_dict(event(header="ICMP_HEADER_FRAGMENT", frag_off=1480, more_frags=1))
    assert not {"type", "type_name", "code", "id", "seq", "mtu"} & absent.keys()
    assert (absent["header_absent"], absent["frag_off"]) == ("fragment", 1480)
    unknown = {"pid", "comm", "cgroup", "rtt_ns", "vlan", "forwarded", "inner", "mtu", "gateway"}
    assert not unknown & as_dict(event()).keys()
    assert "ttl" not in as_dict(event(ttl=0, direction="out"))


def test_json_of_errors_has_the_quoted_packet() -> None:
    line = as_dict(event(type=3, code=4, mtu=1420, body=QUOTE))
    assert line["mtu"] == 1420
    inner = {"family": 4, "src": "10.0.0.5", "dst": "10.0.0.9", "proto": 17, "len": 84}
    inner |= {"sport": 40000, "dport": 53}
    assert isinstance(line["inner"], dict)
    assert inner.items() <= line["inner"].items()
    assert as_dict(event(type=5, code=0, gateway="10.0.0.1"))["gateway"] == "10.0.0.1"


def test_json_names_the_owner() -> None:
    sent = as_dict(event(pid=77, comm="ping", rtt_ns=5))
    assert (sent["pid"], sent["comm"], sent["rtt_ns"]) == (77, "ping", 5)
    assert as_dict(event(pid=0))["comm"] == "kernel"


def test_csv_has_a_header_once_and_the_keys_of_json() -> None:
    table = renderer("csv")
    lines = (table([event()]) + table([event(type=3, code=4, mtu=1420, body=QUOTE)])).decode()
    header, echo, error = csv.reader(lines.splitlines())
    assert tuple(header) == COLUMNS
    row = dict(zip(header, echo, strict=True))
    for key, value in as_dict(event()).items():
        assert row[key] == str(value)
    row = dict(zip(header, error, strict=True))
    assert (row["inner_dport"], row["inner_ttl"]) == ("53", "64")


def test_csv_has_all_that_json_has() -> None:
    stamps = event(type=13, body=bytes.fromhex("000000010000000200000003"))
    for one in (event(pid=7), stamps, event(type=3, code=4, mtu=9, body=QUOTE), event("fe80::1")):
        line = as_dict(one)
        inner = line.pop("inner", {})
        assert isinstance(inner, dict)
        assert {*line, *(f"inner_{key}" for key in inner)} <= {*COLUMNS}
    header, row = csv.reader(renderer("csv")([stamps]).decode().splitlines())
    fields = json.loads(dict(zip(header, row, strict=True))["fields"])
    assert fields == as_dict(stamps)["fields"]


@pytest.mark.parametrize("output", FORMATS)
def test_hostile_names_never_reach_the_terminal(output: str) -> None:
    rng = random.Random(4)
    hostile = [b"\x1b]0;own\x07", b"\x9b31m", b"a\nb", b'",\\', "\u202e".encode(), b"=cmd()"]
    hostile += [rng.randbytes(15) for _ in range(2000)]
    printed = renderer(output)([event(ifname=name, pid=5, comm=name) for name in hostile])
    assert re.fullmatch(rb"[\x20-\x7e\n]*", printed)
    assert printed.count(b"\n") == len(hostile) + (output == "csv")


def test_json_has_id_and_seq_of_echoes_only_and_of_others_in_fields() -> None:
    asked, echo = as_dict(event(type=13)), as_dict(event(type=8))
    assert (echo["id"], echo["seq"], "fields" in echo) == (7, 3, False)
    assert not asked.keys() & {"id", "seq"}
    assert asked["fields"] == {"id": 7, "seq": 3}
    assert "fields" not in as_dict(event(type=3, code=1))


def test_events_are_frozen_and_have_names_for_everything() -> None:
    one = event(type=3, code=13)
    with pytest.raises(AttributeError):
        one.ttl = 1  # type: ignore[misc]
    assert (one.type_name, one.code_name, one.id, one.family) == (
        "unreachable",
        "admin-prohibited",
        None,
        4,
    )
    assert one.time.timestamp() == pytest.approx(TS_NS / 1e9, abs=1e-6)
    assert event("::1").src == "::1"
