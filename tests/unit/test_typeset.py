"""What ``-t/--type`` means."""

from __future__ import annotations

import pytest

from pyicmp.errors import UsageError
from pyicmp.icmp.types import ERRORS
from pyicmp.icmp.typeset import TypeSet, parse

Messages = set[tuple[int, int, int]]


def messages(chosen: TypeSet) -> Messages:
    """Return family, type and code of all that is in a set."""
    return {
        (family, kind, code)
        for family in (4, 6)
        for kind in range(256)
        for code in range(256)
        if (family, kind, code) in chosen
    }


def whole(family: int, *kinds: int) -> Messages:
    return {(family, kind, code) for kind in kinds for code in range(256)}


@pytest.mark.parametrize(
    ("expression", "means"),
    [
        ("echo-request", whole(4, 8) | whole(6, 128)),
        ("Echo-Reply", whole(4, 0) | whole(6, 129)),
        ("frag-needed", {(4, 3, 4)}),
        ("packet-too-big", whole(6, 2)),
        ("time-exceeded", whole(4, 11) | whole(6, 3)),
        ("unreachable/port", {(4, 3, 3), (6, 1, 4)}),
        ("port", {(4, 3, 3), (6, 1, 4)}),
        ("unreachable/frag-needed", {(4, 3, 4)}),
        ("3/port", {(4, 3, 3)}),
        ("3/4", {(4, 3, 4), (6, 3, 4)}),
        ("8", whole(4, 8) | whole(6, 8)),
        ("ndp", whole(6, 133, 134, 135, 136, 137)),
        ("mld", whole(6, 130, 131, 132, 143)),
        ("errors", whole(4, *ERRORS[4]) | whole(6, *range(128))),
        ("private-experiment", whole(6, 100, 101, 200, 201)),
        ("echo-request, 3/4", whole(4, 8) | whole(6, 128) | {(4, 3, 4), (6, 3, 4)}),
        ("redirect,!redirect/net", whole(4, 5) - {(4, 5, 0)} | whole(6, 137)),
    ],
)
def test_one_expression(expression: str, means: Messages) -> None:
    assert messages(parse([expression])) == means


def test_queries_are_all_that_ask_or_answer_with_an_identifier() -> None:
    queries = {(family, kind) for family, kind, _ in messages(parse(["queries"]))}
    four = {0, 8, *range(13, 19), 37, 38, 42, 43}
    assert queries == {(4, kind) for kind in four} | {(6, kind) for kind in (128, 129, 160, 161)}


def test_repeated_flags_add() -> None:
    both = messages(parse(["frag-needed", "packet-too-big"]))
    assert both == {(4, 3, 4)} | whole(6, 2)


def test_negatives_alone_are_taken_from_all() -> None:
    chosen = parse(["!8", "!ndp,!unreachable/port"])
    everything = whole(4, *range(256)) | whole(6, *range(256))
    taken = whole(4, 8) | whole(6, 8, *range(133, 138)) | {(4, 3, 3), (6, 1, 4)}
    assert messages(chosen) == everything - taken


def test_a_negative_takes_from_what_any_flag_adds() -> None:
    left = (whole(4, 3) | whole(6, 3)) - {(4, 3, 4), (6, 3, 4)}
    assert messages(parse(["!3/4", "3"])) == left


def test_families_of_which_anything_is_asked() -> None:
    assert parse(["ndp"]).families == {6}
    assert parse(["frag-needed"]).families == {4}
    assert parse(["!errors"]).families == {4, 6}
    assert parse(["ndp,!ndp"]).families == set()


def test_the_bitmap_is_one_bit_a_code() -> None:
    chosen = parse(["unreachable/13,!3/5,redirect"])
    for family in (4, 6):
        bitmap = chosen.bitmap(family)
        assert len(bitmap) == 256 * 32
        bits = {
            (family, kind, code)
            for kind in range(256)
            for code in range(256)
            if bitmap[kind * 32 + code // 8] >> code % 8 & 1
        }
        assert bits == {one for one in messages(chosen) if one[0] == family}


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("eco-request", "type 'eco-request'; did you mean echo-request\\?"),
        ("unreachable/prt", "type 'unreachable/prt'; did you mean unreachable/port"),
        ("frag-neded", "did you mean frag-needed"),
        ("qurries", "did you mean queries"),
        ("host", "host is a code of 3 ICMP types; write unreachable/host, say"),
        ("zzzzzz", "try echo-request, 3/4, errors"),
        ("echo-request,", "no ICMP type ''"),
        ("!", "no ICMP type ''"),
        ("256", "there is no ICMP type 256; types go from 0 to 255"),
        ("3/999999999999", "there is no ICMP code 999999999999"),
        ("-1", "type '-1'"),
        ("nonsense/1", "type 'nonsense'"),
        ("8/port", "type '8/port'"),
        ("\x1b[2J", r"type '\\x1b\[2j'"),
    ],
)
def test_what_nobody_can_mean(expression: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse([expression])
