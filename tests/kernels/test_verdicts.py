"""Some rows of the truth table (tests/campaign/test_why.py has all), by ``why`` and in a trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.judging import IGNORE_ALL, Judging, check_flood_of_no_concern, nft

BOTH = pytest.mark.parametrize("family", [4, 6])
COUNT = 150


@pytest.fixture(scope="module", params=["why", "trace"])
def judging(request: pytest.FixtureRequest) -> Iterator[Judging]:
    found = Judging(request.param)
    yield found
    found.close()


def change(family: int, outcome: str) -> tuple[str, str]:
    """Return what gives echo requests that outcome, and what ends that."""
    if outcome == "ignored":
        return f"sysctl -qw {IGNORE_ALL[family]}=1", f"sysctl -qw {IGNORE_ALL[family]}=0"
    if outcome == "dropped":
        return nft("input", family, "echo-request")
    if outcome == "reply_dropped":
        return nft("output", family, "echo-reply")
    return "true", "true"


@BOTH
@pytest.mark.parametrize("outcome", ["answered", "ignored", "dropped", "reply_dropped"])
def test_one_verdict_and_the_right_one(judging: Judging, family: int, outcome: str) -> None:
    with judging.changed(*change(family, outcome)):
        number, answered = judging.ping(family)
        found = judging.counts(number, 1)
    assert (found, answered) == ({outcome: 1}, outcome == "answered")


@BOTH
def test_flood_over_two_cpus_while_all_changes(judging: Judging, family: int) -> None:
    """Each request has one verdict, and what is called answered is what the client got."""
    judging.keep_hooks()
    before = judging.in_echos(family)
    senders = [judging.echoes("raw", family, COUNT, cpu) for cpu in (0, 1)]
    while any(sender.is_running() for sender in senders):
        for outcome in ("ignored", "reply_dropped", "dropped"):
            judging.server(*change(family, outcome))
    got = sum(sender.answered() for sender in senders)
    found = sum((judging.counts(sender.number, COUNT) for sender in senders), start=Counter())
    assert set(found) <= {"answered", "ignored", "dropped", "reply_dropped"}, found
    assert found["answered"] == got
    assert found.total() - found["dropped"] == judging.in_echos(family) - before


@pytest.mark.parametrize("view", ["why", "trace"])
def test_a_flood_that_is_not_asked_for_costs_nothing(view: str) -> None:
    check_flood_of_no_concern(77, view, "--id", "78")
