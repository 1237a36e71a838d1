"""Names in the running kernel: real compiler-made twins."""

from __future__ import annotations

import os

import pytest

from pyicmp import NotSupported, bpf
from tests.tracing import OBJECT, ping

# What Debian's kernels call ip_rcv_finish_core (research and kallsyms); by series, as nothing
# else says it beforehand.
TWINS = {"5.10": ".constprop.0", "6.1": ".constprop.0", "6.12": ".isra.0"}


def expected_twin() -> str:
    series = ".".join(os.uname().release.split(".")[:2])
    return "ip_rcv_finish_core" + TWINS.get(series, "")


def test_the_hook_has_its_plain_name() -> None:
    assert bpf.resolve_symbol("ip_rcv_core") == "ip_rcv_core"


def test_a_twin_is_found() -> None:
    assert bpf.resolve_symbol("ip_rcv_finish_core") == expected_twin()


def test_nothing_is_found() -> None:
    with pytest.raises(NotSupported, match=r"neither it nor an \.isra"):
        bpf.resolve_symbol("ip_rcv_corX")


def test_a_twin_can_be_attached_to() -> None:
    with bpf.open(OBJECT) as opened:
        for program in opened.programs.values():
            program.autoload = program.kind == "kretprobe"
        with opened.load() as loaded, loaded.ring("events", "icmp_event"):
            kretprobe = loaded.programs["ip_rcv_core_kretprobe"]
            with kretprobe.attach(function="ip_rcv_finish_core") as link:
                assert link.function == expected_twin()
                ping(1)
