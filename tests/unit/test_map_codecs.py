"""Keys and values of maps to bytes and back: no kernel is asked."""

from __future__ import annotations

import sys
from ipaddress import ip_address, ip_interface, ip_network
from typing import Any

import pytest

from pyicmp.bpf.maps.codec import Addresses, Codec, Descriptor, Index, PerCpu, Plain, Typed
from pyicmp.bpf.maps.prefix import Prefix, is_prefix
from pyicmp.bpf.maps.types import MAP_TYPES, type_name, type_number
from pyicmp.errors import UsageError
from tests.unit import bpf_objects as objects


def key_of(name: str, table: str) -> Any:
    layout = objects.spec(name).maps[table].key
    assert layout
    return layout


@pytest.mark.parametrize(
    ("table", "is_one"), [("v4", True), ("v4be", True), ("v6", True), ("scoped", False)]
)
def test_which_structs_are_prefixes(table: str, is_one: bool) -> None:
    assert is_prefix(key_of("prefixes", table)) is is_one


@pytest.mark.parametrize("table", ["v4", "v4be"])
@pytest.mark.parametrize(
    ("given", "network"),
    [
        ("10.1.0.0/16", "10.1.0.0/16"),
        ("10.1.2.3", "10.1.2.3/32"),
        (ip_address("10.1.2.3"), "10.1.2.3/32"),
        (ip_interface("10.1.2.3/8"), "10.0.0.0/8"),
        (ip_network("0.0.0.0/0"), "0.0.0.0/0"),
    ],
)
def test_ipv4_prefixes(table: str, given: Any, network: str) -> None:
    codec, wanted = Prefix(key_of("prefixes", table), "key"), ip_network(network)
    raw = codec.pack(given)
    length = wanted.prefixlen.to_bytes(4, sys.byteorder)
    assert raw == length + wanted.network_address.packed
    assert codec.unpack(b"??" + raw, 2) == wanted


def test_ipv6_prefixes() -> None:
    codec = Prefix(key_of("prefixes", "v6"), "key")
    assert codec.unpack(codec.pack("2001:db8::/32"), 0) == ip_network("2001:db8::/32")
    assert codec.pack({"prefixlen": 0}) == bytes(20)


@pytest.mark.parametrize(
    "wrong", ["10.0.0.1/8", "::/0", ip_network("::/0"), "ten", 10, None, b"short", (1,)]
)
def test_what_is_no_prefix(wrong: Any) -> None:
    with pytest.raises(UsageError, match="key of v4"):
        Prefix(key_of("prefixes", "v4"), "key of v4").pack(wrong)


def test_per_cpu_values_stand_8_bytes_apart() -> None:
    codec = PerCpu(Plain(3, "value"), 2)
    assert codec.size == 16
    assert codec.pack([b"abc", b"def"]) == b"abc\0\0\0\0\0def\0\0\0\0\0"
    assert codec.unpack(b"?" + codec.pack((b"abc", b"def")), 1) == [b"abc", b"def"]
    assert PerCpu(Plain(9, "value"), 3).size == 48


@pytest.mark.parametrize(
    ("codec", "value", "why"),
    [
        (PerCpu(Plain(3, "it"), 2), [b"abc"], "1 values given; it takes a list of 2"),
        (PerCpu(Plain(3, "it"), 2), b"abc", "given; it takes a list of 2"),
        (Plain(3, "it"), "abc", "give 3 bytes"),
        (Plain(3, "it"), b"ab", "2 bytes given; it takes 3"),
        (Index(4, "it"), -1, "give a number from 0"),
        (Index(4, "it"), 1 << 32, "is no index"),
        (Index(4, "it"), "x", "is no index"),
        (Descriptor(4, "it"), "x", "is no file descriptor"),
        (Descriptor(4, "it"), -1, "is no file descriptor"),
    ],
)
def test_refusals(codec: Codec, value: Any, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        codec.pack(value)


def test_descriptors_and_stacks() -> None:
    class Opened:
        def fileno(self) -> int:
            return 7

    assert Descriptor(4, "it").unpack(Descriptor(4, "it").pack(Opened()), 0) == 7
    words = [0xFFFF_8000_0000_0001, 5, 0, 0]
    raw = b"".join(word.to_bytes(8, sys.byteorder) for word in words)
    assert Addresses(32, "it").unpack(raw, 0) == (words[0], 5)


def test_structs_as_tuples() -> None:
    layout = objects.spec("hashes").maps["flows"].value
    assert layout
    codec = Typed(layout, "value")
    raw = codec.pack((3, "PROTO_TCP", (1, 2), "ping"))
    assert raw == codec.pack({"packets": 3, "proto": 6, "times": {"first_ns": 1, "last_ns": 2},
                              "comm": b"ping"})  # fmt: skip
    assert codec.pack(codec.unpack(raw, 0)) == raw
    with pytest.raises(UsageError, match=r"\(first_ns, last_ns\); 1 values given"):
        codec.pack((3, 6, (1,), ""))


def test_unions_and_bitfields_as_tuples() -> None:
    types = objects.spec("types")
    with pytest.raises(UsageError, match="holds a union"):
        types.layout("top").pack((1, {}, ""))
    assert types.layout("packed_bits").pack((1, 2, 3, 4, 5)) == types.layout("packed_bits").pack(
        lead=1, x=2, y=3, z=4, tail=5
    )


def test_type_names() -> None:
    assert [type_name(type_number(name)) for name in MAP_TYPES] == list(MAP_TYPES)
    assert type_number(type_name(999)) == 999
    with pytest.raises(UsageError, match=r"did you mean .*hash"):
        type_number("hsah")
