"""Types and codes by name; the tables are what their script makes of IANA's registries."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from pyicmp.icmp.registry import CODES, FILLED, TYPES
from pyicmp.icmp.types import ECHO, ERRORS, QUERIES, code_name, message_text, type_name

SCRIPT = Path(__file__).parents[2] / "scripts" / "generate_types.py"


def test_the_tables_are_what_the_script_makes() -> None:
    spec = importlib.util.spec_from_file_location("generate_types", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.generate() == script.TARGET.read_text(encoding="utf-8")


def test_all_of_ianas_types_have_names() -> None:
    unassigned = {1, 2, 7, *range(44, 253)}
    assert set(range(256)) - TYPES[4].keys() == unassigned
    unassigned = {*range(5, 100), *range(102, 127), *range(162, 200), *range(202, 255)}
    assert set(range(256)) - TYPES[6].keys() == unassigned
    assert {number for number, code in CODES[4] if code} == {3, 5, 9, 11, 12, 40, 43}
    assert {number for number, code in CODES[6] if code} == {1, 3, 4, *range(138, 141), 155} | {
        *(157, 158, 161)
    }


@pytest.mark.parametrize("family", [4, 6])
def test_names_can_be_typed_and_texts_go_to_any_terminal(family: int) -> None:
    for name, text in [*TYPES[family].values(), *CODES[family].values()]:
        assert name == name.lower().strip("-")
        assert name.replace("-", "").isalnum()
        assert text.isascii()
        assert text.isprintable()
    numbers = {(number, None) for number in TYPES[family]}
    assert FILLED[family].keys() <= CODES[family].keys() | numbers


def test_names_that_were_released_stay() -> None:
    names = {
        0: "echo-reply", 3: "unreachable", 4: "source-quench", 5: "redirect", 8: "echo-request",
        6: "alternate-address", 9: "router-advertisement", 10: "router-solicitation",
        11: "time-exceeded", 12: "parameter-problem", 13: "timestamp-request",
        14: "timestamp-reply", 15: "information-request", 16: "information-reply",
        17: "address-mask-request", 18: "address-mask-reply", 30: "traceroute",
        31: "conversion-error", 32: "mobile-redirect", 33: "where-are-you", 34: "i-am-here",
        35: "mobile-registration-request", 36: "mobile-registration-reply",
        37: "domain-name-request", 38: "domain-name-reply", 39: "skip", 40: "photuris",
        41: "experimental-mobility", 42: "extended-echo-request", 43: "extended-echo-reply",
    }  # fmt: skip
    assert {number: type_name(4, number) for number in names} == names
    assert [code_name(4, 3, code) for code in range(16)] == [
        "net", "host", "protocol", "port", "frag-needed", "source-route-failed", "net-unknown",
        "host-unknown", "source-isolated", "net-prohibited", "host-prohibited", "net-tos",
        "host-tos", "admin-prohibited", "host-precedence", "precedence-cutoff",
    ]  # fmt: skip
    assert [code_name(4, 5, code) for code in range(4)] == ["net", "host", "tos-net", "tos-host"]
    assert [code_name(4, 12, code) for code in range(3)] == [
        *("pointer", "missing-option", "bad-length")
    ]


def test_what_means_the_same_has_one_name() -> None:
    shared = {name for name, _ in TYPES[4].values()} & {name for name, _ in TYPES[6].values()}
    assert shared == {
        *("echo-request", "echo-reply", "unreachable", "time-exceeded", "parameter-problem"),
        *("redirect", "router-solicitation", "router-advertisement", "experimental-mobility"),
        *("extended-echo-request", "extended-echo-reply", "reserved"),
    }


def test_texts_of_what_nobody_has_named() -> None:
    assert message_text(4, 3, 99) == "unreachable, code 99"
    assert message_text(6, 128, 1) == "echo request, code 1"
    assert message_text(4, 200, 1) == "type-#200"
    assert message_text(6, 5, 0) == "unknown icmp6 type (5)"
    assert (type_name(4, 200), code_name(6, 5, 0)) == (None, None)


def test_groups() -> None:
    for family in (4, 6):
        assert ECHO[family] <= QUERIES[family]
        assert not QUERIES[family] & ERRORS[family]
