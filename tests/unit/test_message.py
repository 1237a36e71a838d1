"""Messages of each type, as their RFCs draw them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pyicmp.icmp.message import Message
from pyicmp.icmp.registry import TYPES

UDP4 = "4500 001c 0001 0000 0111 0000 0a080002 8e04c884 1388 829a 0008 0000"
TCP4 = "4500 0034 0001 4000 4006 0000 0a080002 8e04c884 c890 01bb deadbeef"
FE80_1, FF02_5 = "fe80" + "00" * 13 + "01", "ff02" + "00" * 13 + "05"
DB8_2, DB8_9 = "20010db8" + "00" * 11 + "02", "20010db8" + "00" * 11 + "09"
UDP6 = f"60000000 0008 11 01 {DB8_2} {DB8_9} 1388 829a 0008 0000"

V4 = {
    0: ("0000 0000 0007 0001", "echo reply, id 7, seq 1", {"id": 7, "seq": 1}),
    3: (f"0304 0000 0000 058c {TCP4}", "142.4.200.132 unreachable - need to frag (mtu 1420)",
        {"mtu": 1420, "id": None, "seq": None, "type_name": "unreachable",
         "code_name": "frag-needed", "is_error": True, "is_echo": False}),
    4: (f"0400 0000 0000 0000 {UDP4}", "source quench", {"is_error": True}),
    5: (f"0501 0000 0a000001 {UDP4}", "redirect 142.4.200.132 to host 10.0.0.1",
        {"gateway": "10.0.0.1", "target": None, "code_name": "host"}),
    6: ("0600 0000 0000 0000", "alternate host address", {"code_name": "host"}),
    8: ("0800 0000 0007 0001", "echo request, id 7, seq 1", {"is_echo": True, "inner": None}),
    9: ("0900 0000 0102 0708 0a000001 00000005",
        "router advertisement lifetime 30:00 1: {10.0.0.1 5}",
        {"lifetime": 1800, "routers": [{"address": "10.0.0.1", "preference": 5}]}),
    10: ("0a00 0000 00000000", "router solicitation", {"fields": {}}),
    11: (f"0b00 0000 00000000 {UDP4}", "time exceeded in-transit", {"code_name": "in-transit"}),
    12: (f"0c00 0000 14000000 {UDP4}", "parameter problem - octet 20", {"pointer": 20}),
    13: ("0d00 0000 0003 0004 00000001 00000000 00000000", "time stamp query id 3 seq 4",
         {"originate": 1, "receive": 0, "transmit": 0}),
    14: ("0e00 0000 0003 0004 000003e8 05265bff 02b32c95",
         "time stamp reply id 3 seq 4: org 00:00:01.000, recv 23:59:59.999, xmit 12:34:56.789",
         {"originate": 1000, "receive": 86399999}),
    15: ("0f00 0000 0003 0004", "information request", {"id": 3, "seq": 4}),
    16: ("1000 0000 0003 0004", "information reply", {"id": 3, "seq": 4}),
    17: ("1100 0000 0003 0004 00000000", "address mask request", {"address_mask": "0.0.0.0"}),
    18: ("1200 0000 0003 0004 ffffff00", "address mask is 0xffffff00",
         {"address_mask": "255.255.255.0"}),
    30: ("1e00 0000 0009 0000 0003 0004 000f4240 000005dc", "traceroute",
         {"fields": {"id": 9, "outbound_hops": 3, "return_hops": 4, "output_speed": 1000000,
                     "output_mtu": 1500}, "id": None}),
    31: (f"1f00 0000 00000014 {UDP4}", "datagram conversion error",
         {"pointer": 20, "is_error": True}),
    37: ("2500 0000 0003 0004", "domain name request", {"id": 3, "seq": 4}),
    38: ("2600 0000 0003 0004 0000003c 04686f7374 076578616d706c65 00", "domain name reply",
         {"names_ttl": 60, "names": ["host.example"]}),
    40: (f"2801 0000 0000 0014 {UDP4}", "photuris - authentication failed", {"pointer": 20}),
    42: ("2a00 0000 0007 0101 2000 0000 0008 0302 00000003", "extended echo request, id 7, seq 1",
         {"id": 7, "seq": 1, "local": True,
          "extensions": ({"class": 3, "type": 2, "name": "interface-identification",
                          "ifindex": 3},)}),
    43: ("2b02 0000 0007 0140", "extended echo reply, id 7, seq 1 - no such interface",
         {"state": 2, "state_name": "reachable", "active": False}),
}  # fmt: skip

V6 = {
    1: (f"0104 0000 00000000 {UDP6}",
        "destination unreachable, unreachable port, 2001:db8::9 udp port 33434",
        {"is_error": True, "code_name": "port"}),
    2: (f"0200 0000 00000578 {UDP6}", "packet too big, mtu 1400", {"mtu": 1400}),
    3: (f"0300 0000 00000000 {UDP6}", "time exceeded in-transit for 2001:db8::9", {}),
    4: (f"0401 0000 00000006 {UDP6}", "parameter problem, next header - octet 6", {"pointer": 6}),
    128: ("8000 0000 0007 0001", "echo request, id 7, seq 1", {"is_echo": True, "id": 7}),
    129: ("8100 0000 0007 0001", "echo reply, id 7, seq 1", {"is_error": False, "seq": 1}),
    130: (f"8200 0000 2710 0000 {FF02_5} 0a 7d 0001 {FE80_1}",
          "multicast listener query v2 [gaddr ff02::5, 1 source(s)]",
          {"max_response_delay": 10000, "suppress": True, "robustness": 2, "query_interval": 125,
           "sources": ["fe80::1"]}),
    131: (f"8300 0000 0000 0000 {FF02_5}", "multicast listener report max resp delay: 0"
          " addr: ff02::5", {"group": "ff02::5"}),
    132: (f"8400 0000 0000 0000 {FF02_5}", "multicast listener done max resp delay: 0"
          " addr: ff02::5", {"group": "ff02::5"}),
    133: ("8500 0000 00000000 0101 020000000001", "router solicitation",
          {"options": [{"type": 1, "name": "source-link-layer-address",
                        "address": "02:00:00:00:00:01"}]}),
    134: ("8600 0000 40 88 0708 00007530 000003e8 0501 0000 00000578", "router advertisement",
          {"hop_limit": 64, "managed": True, "other": False, "preference": "high",
           "lifetime": 1800, "reachable_time": 30000, "retrans_timer": 1000,
           "options": [{"type": 5, "name": "mtu", "mtu": 1400}]}),
    135: (f"8700 0000 00000000 {FE80_1}", "neighbor solicitation, who has fe80::1",
          {"target": "fe80::1", "options": []}),
    136: (f"8800 0000 e0000000 {FE80_1}", "neighbor advertisement, tgt is fe80::1",
          {"router": True, "solicited": True, "override": True}),
    137: (f"8900 0000 00000000 {FE80_1} {DB8_9} 0407 0000 00000000 {UDP6}",
          "redirect, 2001:db8::9 to fe80::1",
          {"target": "fe80::1", "destination": "2001:db8::9", "gateway": None,
           "is_error": False}),
    138: (f"8a01 0000 00000005 02 c8 001e 00000000 0002 01 30 00000004 {DB8_2}",
          "router renumbering, result, seq=5",
          {"segment": 2, "test": True, "result": True, "processed": True, "max_delay": 30,
           "results": [{"bounds_error": True, "forbidden": False, "ordinal": 1,
                        "interface_index": 4, "matched": "2001:db8::2/48"}]}),
    139: (f"8b00 0000 0002 0000 3132333435363738 {FE80_1}", "node information query (name)",
          {"nonce": "3132333435363738", "subject": "fe80::1", "qtype_name": "name"}),
    140: ("8c00 0000 0002 0000 3132333435363738 00000014 04686f7374 00",
          "node information reply (name)", {"ttl": 20, "names": ["host"]}),
    141: ("8d00 0000 00000000 0101 020000000001", "inverse neighbor solicitation", {}),
    142: (f"8e00 0000 00000000 0a03 000000000000 {FE80_1}", "inverse neighbor advertisement",
          {"options": [{"type": 10, "name": "target-address-list", "addresses": ["fe80::1"]}]}),
    143: (f"8f00 0000 0000 0001 04 00 0000 {FF02_5}",
          "multicast listener report v2, 1 group record(s)",
          {"records": [{"type": 4, "name": "to-ex", "source_count": 0, "group": "ff02::5",
                        "sources": []}]}),
    144: ("9000 0000 004d 0000", "ha discovery request, id 0x004d", {"id": 77, "seq": None}),
    145: (f"9100 0000 004d 0000 {DB8_9}", "ha discovery reply", {"addresses": ["2001:db8::9"]}),
    146: ("9200 0000 004d 0000", "mobile router solicitation, id 0x004d", {"id": 77}),
    147: ("9300 0000 004d c000", "mobile router advertisement", {"managed": True, "other": True}),
    148: ("9400 0000 0005 ffff", "certification path solicitation", {"component": 65535}),
    149: ("9500 0000 0005 0003 0002 0000", "certification path advertisement", {"components": 3}),
    151: ("9714 0000 007d 0002", "multicast router advertisement",
          {"advertisement_interval": 20, "query_interval": 125, "robustness": 2}),
    154: ("9a00 0000 02 00 0063", "FMIPv6",
          {"subtype_name": "router-solicitation-for-proxy-advertisement", "identifier": 99}),
    155: (f"9b01 0000 1e f0 0100 8a 01 0000 {DB8_9}", "RPL, (CLR)DODAG Information Object",
          {"instance": 30, "version": 240, "rank": 256, "mode": 1, "dodag": "2001:db8::9"}),
    156: ("9c00 0000 01 01 0000 20010db800000001 000a 003c", "locator update",
          {"locators": [{"locator": "20010db800000001", "preference": 10, "lifetime": 60}]}),
    157: (f"9d02 0000 00 00 003c {'11' * 16} {DB8_9}", "duplicate address request",
          {"owner": "11" * 16, "address": "2001:db8::9", "code_name": "edar-128"}),
    158: (f"9e00 0000 01 00 003c 0200000000000001 {DB8_9}", "duplicate address confirmation",
          {"status": 1, "owner": "0200000000000001", "address": "2001:db8::9"}),
    160: ("a000 0000 0007 0100", "extended echo request, id 7, seq 1", {"local": False}),
    161: ("a100 0000 0007 0147", "extended echo reply, id 7, seq 1",
          {"state_name": "reachable", "active": True, "ipv4": True, "ipv6": True}),
}  # fmt: skip
ALL = [(4, kind, *row) for kind, row in V4.items()] + [(6, kind, *row) for kind, row in V6.items()]


def message(family: int, digits: str) -> Message:
    data = bytes.fromhex(digits)
    return Message(family, data, len(data))


@pytest.mark.parametrize(("family", "kind", "digits", "text", "values"), ALL)
def test_each_type(
    family: int, kind: int, digits: str, text: str, values: dict[str, object]
) -> None:
    one = message(family, digits)
    assert (one.type, one.text) == (kind, text)
    assert {name: _value(one, name) for name in values} == values


def _value(one: Message, name: str) -> object:
    return getattr(one, name) if hasattr(Message, name) else one.fields.get(name)


def test_types_without_fields_have_names() -> None:
    bare = (TYPES[4].keys() - V4.keys(), TYPES[6].keys() - V6.keys())
    assert bare[0] == {*range(19, 30), *range(32, 37), 39, 41, 253, 254, 255}
    assert bare[1] == {0, 100, 101, 127, 150, 152, 153, 159, 200, 201, 255}
    for family, kinds in zip((4, 6), bare, strict=True):
        for kind in kinds:
            one = message(family, f"{kind:02x}00 0000 00000000")
            assert (one.text, one.fields, one.extensions) == (TYPES[family][kind][1], {}, ())


@pytest.mark.parametrize(
    ("family", "digits", "text", "values"),
    [
        (4, f"0301 0000 00000000 {UDP4}", "UDP 10.8.0.2:5000 > 142.4.200.132:33434",
         {"len": 28, "ttl": 1, "frag_off": 0, "proto": 17, "dport": 33434}),
        (4, f"0301 0000 00000000 {TCP4}", "TCP 10.8.0.2:51344 > 142.4.200.132:443",
         {"tcp_seq": 0xDEADBEEF, "len": 52, "ttl": 64}),
        (4, f"0301 0000 00000000 {TCP4}"[:-9], "TCP 10.8.0.2:51344 > 142.4.200.132:443",
         {"tcp_seq": None}),
        (4, "0301 0000 00000000 4500 001c 0001 0000 0101 0000 0a000001 0a000002 0800 0000 0007"
            " 0001", "ICMP 10.0.0.1 > 10.0.0.2 echo request, id 7, seq 1",
         {"type": 8, "code": 0, "id": 7, "seq": 1, "sport": None}),
        (4, "0301 0000 00000000 4500 001c 0001 0000 0132 0000 0a000001 0a000002 00000001 00000002",
         "ESP 10.0.0.1 > 10.0.0.2", {"sport": None, "id": None}),
        (4, "0301 0000 00000000 4500 001c 0001 00b9 0111 0000 0a000001 0a000002 1388 829a",
         "UDP 10.0.0.1 > 10.0.0.2, offset 1480", {"frag_off": 1480, "sport": None}),
        (4, "0301 0000 00000000 4600 0020 0001 0000 0111 0000 0a000001 0a000002 94040000 1388 829a",
         "UDP 10.0.0.1:5000 > 10.0.0.2:33434", {"sport": 5000}),
        (4, "0301 0000 00000000 4500 001c", "IP", {"len": 28, "src": None, "ttl": None}),
        (6, f"0103 0000 00000000 {UDP6}", "UDP [2001:db8::2]:5000 > [2001:db8::9]:33434",
         {"len": 48, "ttl": 1, "frag_off": None}),
        (6, f"0103 0000 00000000 60000000 0008 3a 40 {DB8_2} {DB8_9} 8000 0000 0007 0001",
         "ICMP6 2001:db8::2 > 2001:db8::9 echo request, id 7, seq 1", {"type": 128}),
        (6, f"0103 0000 00000000 60000000 0018 3c 40 {DB8_2} {DB8_9} 2c00 0104 00000000"
            " 1100 0001 00000007 1388 829a", "UDP [2001:db8::2]:5000 > [2001:db8::9]:33434",
         {"proto": 17, "frag_off": 0}),
        (6, f"0103 0000 00000000 60000000 0010 2c 40 {DB8_2} {DB8_9} 1100 05c9 00000007 1388 829a",
         "UDP 2001:db8::2 > 2001:db8::9, offset 1480", {"frag_off": 1480, "dport": None}),
        (6, f"0103 0000 00000000 60000000 0000 00 40 {DB8_2} {DB8_9} 3b00 c204 00011170",
         "proto-59 2001:db8::2 > 2001:db8::9", {"len": 40 + 70000, "proto": 59}),
        (6, f"0103 0000 00000000 60000000 0010 3c 40 {DB8_2} {DB8_9}",
         "IP 2001:db8::2 > 2001:db8::9", {"proto": None, "len": 56}),
        (6, f"8900 0000 00000000 {FE80_1} {DB8_9} 0101 020000000001 0407 0000 00000000 {UDP6}",
         "UDP [2001:db8::2]:5000 > [2001:db8::9]:33434", {"src_bytes": bytes.fromhex(DB8_2)}),
    ],
)  # fmt: skip
def test_quotes(family: int, digits: str, text: str, values: dict[str, object]) -> None:
    inner = message(family, digits).inner
    assert inner is not None
    assert inner.text == text
    assert {name: getattr(inner, name) for name in values} == values


def test_a_quote_behind_an_authentication_header() -> None:
    ah = "06 04 0000 00000001 00000001" + "00" * 12
    packet = f"60000000 0020 33 40 {DB8_2} {DB8_9} {ah} c890 01bb deadbeef"
    inner = message(6, f"0103 0000 00000000 {packet}").inner
    assert inner is not None
    assert (inner.proto, inner.dport, inner.tcp_seq) == (6, 443, 0xDEADBEEF)


def test_times_of_mld2_as_floating_point() -> None:
    query = message(6, f"8200 0000 9234 0000 {FF02_5} 02 8a 0000").fields
    assert query["max_response_delay"] == 0x1234 << 4
    assert query["query_interval"] == 0x1A << 3


def test_messages_without_quote() -> None:
    assert message(4, f"0800 0000 0007 0001 {UDP4}").inner is None
    assert message(4, "0301 0000 00000000").inner is None
    assert message(6, f"8700 0000 00000000 {FE80_1}").inner is None


def test_labels_behind_a_quote() -> None:
    padded = UDP4.replace(" ", "").ljust(256, "0")
    one = message(4, f"0b00 0000 0020 0000 {padded} 2000 0000 000c 0101 03e81a01 03e811ff")
    assert one.inner is not None
    assert one.inner.dport == 33434
    assert one.extensions == (
        {
            "class": 1,
            "type": 1,
            "name": "mpls-label-stack",
            "labels": [
                {"label": 16001, "exp": 5, "bottom": False, "ttl": 1},
                {"label": 16001, "exp": 0, "bottom": True, "ttl": 255},
            ],
        },
    )


def test_what_is_not_captured_is_not_known() -> None:
    nothing = Message(4, b"", 64)
    assert (nothing.type, nothing.code, nothing.type_name, nothing.id) == (None, None, None, None)
    assert (nothing.fields, nothing.extensions, nothing.inner) == ({}, (), None)
    assert nothing.text == "truncated"
    half = Message(4, bytes.fromhex("08000000"), 64)
    assert (half.type_name, half.id, half.seq, half.text) == (
        *("echo-request", None, None, "echo request"),
    )


def test_a_tracer_that_prints_no_fields_imports_none_of_this() -> None:
    script = (
        "import sys, pyicmp.icmp.event;"
        "bad = {m for m in sys.modules if 'icmp.message' in m or m.endswith('typeset')};"
        "sys.exit(bool(bad))"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
