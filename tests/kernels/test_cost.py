"""What packets cost while ICMP is traced, in instructions: bounds. Figures: docs/cost.md."""

from __future__ import annotations

from pyicmp import Tracer
from tests.counting import COUNT, cost, prefixes

BOOT = {"counting": True, "kernels": ["6.12"]}
HERE, ELSEWHERE = "127.0.0.0/8", "10.0.0.0/8"


def echo_cost(member: str, count: int, recorded: int) -> int:
    """Return an echo's cost with a source filter, once what is recorded of each is right."""
    with Tracer(src=prefixes(count, member)) as tracer:
        measured = cost("echo")
        assert (tracer.stats.seen, tracer.stats.unread) == (4 * COUNT, recorded * COUNT)
    return measured


def test_a_thousand_prefixes_cost_what_one_costs() -> None:
    untraced = cost("echo")
    for member, recorded in ((HERE, 4), (ELSEWHERE, 0)):
        one = echo_cost(member, 1, recorded) - untraced
        thousand = echo_cost(member, 1000, recorded) - untraced
        assert one < thousand < one * 1.1


def test_light_costs_udp_nothing() -> None:
    untraced = cost("udp")
    with Tracer(light=True):
        assert cost("udp") == untraced


def test_the_default_costs_udp_a_kretprobe_and_a_tracepoint() -> None:
    untraced = cost("udp")
    with Tracer(attach="kretprobe"):
        assert untraced + 600 < cost("udp") < untraced + 1200
