"""What packets cost while ICMP is traced, in instructions: bounds. Figures: docs/cost.md."""

from __future__ import annotations

import pytest

from pyicmp import Tracer
from tests.counting import COUNT, cost, prefixes

BOOT = {"counting": True, "kernels": ["6.12"]}


def echo_cost(recorded: int, host: list[str]) -> int:
    """Return an echo's cost, once what is recorded of each is right: 4 messages are seen."""
    with Tracer(host=host) as tracer:
        measured = cost("echo")
        assert (tracer.stats.seen, tracer.stats.unread) == (4 * COUNT, recorded * COUNT)
    return measured


def test_light_costs_udp_nothing() -> None:
    """First: before anything else was attached in this boot."""
    untraced = cost("udp")
    with Tracer(light=True) as tracer:
        assert cost("udp") == untraced
        assert cost("echo") > cost("udp")
        assert tracer.stats.seen == 3 * COUNT


@pytest.mark.parametrize(("member", "recorded"), [("127.0.0.0/8", 4), ("10.0.0.0/8", 0)])
def test_a_thousand_prefixes_cost_what_one_costs(member: str, recorded: int) -> None:
    """Looked up twice for each message, as source and as destination."""
    one = echo_cost(recorded, prefixes(1, member))
    thousand = echo_cost(recorded, prefixes(1000, member))
    assert one < thousand < one * 1.1


@pytest.mark.parametrize(("verdicts", "most"), [(False, 1200), (True, 1400)])
def test_the_default_costs_udp_a_kretprobe_and_a_tracepoint(verdicts: bool, most: int) -> None:
    """And verdicts a trampoline more."""
    untraced = cost("udp")
    with Tracer(attach="kretprobe", verdicts=verdicts):
        assert untraced + 600 < cost("udp") < untraced + most
