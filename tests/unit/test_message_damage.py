"""Messages that are cut, that lie, or that are noise: nothing is invented, nothing raises."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from pyicmp.icmp.message import Message
from tests.oracles.leaves import leaves
from tests.oracles.samples import LOCAL, MPLS, PACKETS, UDP, message_bytes

NAMES = ("type_name", "code_name", "target", "is_error", "is_echo")


def read_all(message: Message) -> None:
    """Ask for everything; it must be plain JSON and printable ASCII."""
    json.dumps([message.fields, message.extensions, [getattr(message, name) for name in NAMES]])
    assert message.text.isascii()
    assert message.text.isprintable()
    if message.inner is not None:
        assert message.inner.text.isascii()
    list(leaves(message))


@pytest.mark.parametrize("sample", PACKETS, ids=str)
def test_a_cut_message_says_less_and_never_other(sample: tuple[int, str]) -> None:
    family, data = sample[0], message_bytes(PACKETS[sample])
    whole = Counter((names[-1], value) for names, value in leaves(Message(family, data, len(data))))
    for cut in range(len(data)):
        message = Message(family, data[:cut], len(data))
        read_all(message)
        said = Counter((names[-1], value) for names, value in leaves(message))
        assert not said - whole, cut


@pytest.mark.parametrize("sample", PACKETS, ids=str)
def test_padding_behind_a_message_is_not_read(sample: tuple[int, str]) -> None:
    family, data = sample[0], message_bytes(PACKETS[sample])
    whole, padded = Message(family, data, len(data)), Message(family, data + data, len(data))
    assert list(leaves(padded)) == list(leaves(whole))


def test_noise_never_raises() -> None:
    rng = random.Random(5)
    kinds = {4: [*range(44), 253], 6: [1, 2, 3, 4, *range(128, 162)]}
    for _ in range(10_000):
        family = rng.choice((4, 6))
        data = bytearray(rng.randbytes(rng.choice((0, 1, 3, 8, 9, 20, 60, 200, 700))))
        if data:
            data[0] = rng.choice(kinds[family])
        if len(data) > 8 and rng.random() < 0.8:
            data[8] = 0x45 if family == 4 else 0x60
        if len(data) > 140 and rng.random() < 0.5:
            data[8 + 128] = 0x20
        read_all(Message(family, bytes(data), rng.choice((len(data), 0, 8, 65535, -1))))


@pytest.mark.parametrize("sample", PACKETS, ids=str)
def test_flipped_bytes_never_raise(sample: tuple[int, str]) -> None:
    rng = random.Random(str(sample))
    for _ in range(50):
        data = bytearray(message_bytes(PACKETS[sample]))
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
        read_all(Message(sample[0], bytes(data), len(data)))


def unreachable(quote: bytes, length: int = 0) -> Message:
    data = bytes([3, 1, 0, 0, 0, length, 0, 0]) + quote
    return Message(4, data, len(data))


def test_a_quote_of_another_version_is_none() -> None:
    assert unreachable(bytes([0x65]) + bytes(40)).inner is None
    assert unreachable(b"").inner is None


def test_a_header_shorter_than_it_can_be_has_no_ports_behind_it() -> None:
    quote = bytearray(bytes(LOCAL / UDP))
    quote[0] = 0x44
    inner = unreachable(bytes(quote)).inner
    assert inner is not None
    assert (inner.src, inner.dst, inner.proto) == ("10.8.0.2", "142.4.200.132", 17)
    assert (inner.sport, inner.dport) == (None, None)


@pytest.mark.parametrize("length", [1, 5, 31, 33, 255])
def test_a_length_that_points_at_no_extension_is_not_believed(length: int) -> None:
    quote = bytes(LOCAL / UDP).ljust(128, b"\0")
    message = unreachable(quote + MPLS, length)
    assert message.extensions == ()
    assert message.inner is not None
    assert message.inner.dport == 33434


def test_a_wrong_checksum_or_version_is_no_extension() -> None:
    quote = bytes(LOCAL / UDP).ljust(128, b"\0")
    assert unreachable(quote + MPLS, 32).extensions
    for at, value in ((0, 0x10), (3, MPLS[3] ^ 1)):
        damaged = bytearray(MPLS)
        damaged[at] = value
        for length in (32, 0):
            assert unreachable(quote + bytes(damaged), length).extensions == ()


def test_options_without_length_end() -> None:
    data = bytes([133, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 1, 1, 0, 1, 1, 2, 0, 0, 0, 0, 1])
    options = Message(6, data, len(data)).fields["options"]
    assert options == [
        {"type": 1, "name": "source-link-layer-address", "address": "02:00:00:00:00:01"}
    ]


def test_counts_beyond_the_message_bind_nobody() -> None:
    report = bytes([143, 0, 0, 0, 0, 0, 255, 255, 4, 0, 255, 255]) + bytes(16)
    records = Message(6, report, len(report)).fields["records"]
    assert isinstance(records, list)
    assert len(records) == 1
    routers = bytes([9, 0, 0, 0, 255, 0, 0, 30]) + bytes(16)
    assert Message(4, routers, len(routers)).fields["routers"] == []


@pytest.mark.parametrize(("headers", "proto"), [(1, 17), (15, 17), (17, None), (300, None)])
def test_a_chain_of_headers_is_followed_so_far(headers: int, proto: int | None) -> None:
    chain = bytes([60, 0, 1, 4, 0, 0, 0, 0]) * (headers - 1) + bytes([17, 0, 1, 4, 0, 0, 0, 0])
    packet = bytes([0x60, 0, 0, 0, 255, 255, 60, 64]) + bytes(32) + chain + bytes(UDP)
    data = bytes([1, 4, 0, 0, 0, 0, 0, 0]) + packet
    inner = Message(6, data, len(data)).inner
    assert inner is not None
    assert (inner.proto, inner.dport) == (proto, 33434 if proto else None)


def test_a_compressed_name_is_no_name() -> None:
    data = bytes([140, 0, 0, 0, 0, 2, 0, 0]) + bytes(12) + b"\x04host\xc0" + b"a" * 192 + b"\0"
    assert Message(6, data, len(data)).fields["names"] == []


def test_names_from_packets_cannot_command_a_terminal() -> None:
    name = b"\x1b]0;own\x07"
    extension = bytes([0x20, 0, 0, 0, 0, 12, 3, 1]) + name
    data = bytes([42, 0, 0, 0, 0, 7, 1, 1]) + extension
    (found,) = Message(4, data, len(data)).extensions
    assert found["ifname"] == r"\x1b]0;own\x07"
