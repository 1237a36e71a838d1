"""Prefixes as spans of addresses: the kernel's search for one, against a look at every prefix."""

from __future__ import annotations

import random
from bisect import bisect_right
from ipaddress import IPv6Address, IPv6Network

from pyicmp.icmp.prefixes import LAST, Prefix, Span, is_ipv4, parse_prefix, role_spans

ROLES = (1, 2, 4)


IPV4 = IPv6Network("::ffff:0:0/96")


def covers(prefix: Prefix, address: IPv6Address) -> bool:
    return address in IPv6Network(prefix) and (is_ipv4(prefix) or address not in IPV4)


def found(spans: list[Span], number: int) -> int:
    return spans[bisect_right(spans, (number, 8)) - 1][1]


def some_prefixes(numbers: random.Random) -> list[tuple[Prefix, int]]:
    """Return prefixes of which many cover others, or begin or end where others do."""
    texts = [f"10.{numbers.randrange(4)}.0.0/{numbers.randrange(33)}" for _ in range(20)]
    texts += [f"::{numbers.randrange(4)}/{numbers.randrange(97)}" for _ in range(10)]
    texts += [f"fe80::{numbers.randrange(4):x}/{numbers.randrange(129)}" for _ in range(20)]
    return [(parse_prefix(text), numbers.choice(ROLES)) for text in texts]


def test_roles_are_those_of_all_prefixes_that_cover_an_address() -> None:
    numbers = random.Random(5)
    for _ in range(50):
        prefixes = some_prefixes(numbers)
        spans = role_spans(prefixes)
        edges = {edge for first, _ in spans for edge in (first - 1, first, first + 1)}
        for number in edges:
            if 0 <= number <= LAST:
                covering = {role for one, role in prefixes if covers(one, IPv6Address(number))}
                assert found(spans, number) == sum(covering)


def test_spans_begin_at_zero_ascend_and_are_a_power_of_two() -> None:
    numbers = random.Random(6)
    for _ in range(50):
        spans = role_spans(some_prefixes(numbers))
        assert spans[0][0] == 0
        assert spans == sorted(spans)
        assert len(spans).bit_count() == 1


def test_everything_is_one_span() -> None:
    everything = [(parse_prefix(text), 1) for text in ("::/0", "0.0.0.0/0", "::/0")]
    assert {roles for _, roles in role_spans(everything)} == {1}


def test_a_thousand_prefixes_take_eleven_steps() -> None:
    spans = role_spans((parse_prefix(f"10.{one >> 8}.{one & 255}.8/29"), 2) for one in range(1000))
    assert len(spans) == 1 << 11
