"""Addresses as inet_ntop(3) writes them."""

from __future__ import annotations

import random
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from pyicmp.icmp.address import address_text


def test_prefixes_are_inet_ntops() -> None:
    rng = random.Random(3)
    for _ in range(20_000):
        shape = rng.choices((b"\0\0", b"\0\1", b"\xff\xff", None), (6, 1, 1, 3), k=8)
        raw = b"".join(rng.randbytes(2) if group is None else group for group in shape)
        assert address_text(raw) == inet_ntop(AF_INET6, raw)
        assert address_text(raw[:4]) == inet_ntop(AF_INET, raw[:4])


def test_prefixes_that_hold_another() -> None:
    for text in ("::", "::1", "::ffff:10.0.0.1", "::10.0.0.1", "::1:0", "64:ff9b::a00:1"):
        raw = inet_pton(AF_INET6, text)
        assert address_text(raw) == inet_ntop(AF_INET6, raw)
