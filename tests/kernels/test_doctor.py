"""``pyicmp doctor`` on stock kernels: each situation's true cause, and nothing is left behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from pyicmp import Tracer
from tests.doctoring import (
    ANY_MEMORY,
    LITTLE_MEMORY,
    USER_NAMESPACE,
    Diagnosis,
    inside,
    refusing,
)
from tests.situations import AS_TRACER, AS_USER, PARANOID, holding

RELEASE = tuple(map(int, os.uname().release.split(".")[:2]))
# Before Linux 5.11, maps count as locked memory, which takes CAP_SYS_RESOURCE.
MEMLOCK_COUNTS = RELEASE < (5, 11)
KPROBES = Path("/sys/kernel/debug/kprobes/enabled")
FTRACE = Path("/proc/sys/kernel/ftrace_enabled")


def test_root_has_every_way() -> None:
    found = Diagnosis()
    assert found.fits("root")
    for way in ("kretprobe", "kprobe", "fexit", "fentry", "tracepoint", "iter"):
        assert found.cells(way) == {"ok"}
    assert all(one["ok"] for one in found.told["transports"])
    changed = [name for name, one in found.told["sysctls"].items() if one["effect"]]
    assert set(changed) <= {"kernel.perf_event_paranoid"}


def test_ordinary_user() -> None:
    found = Diagnosis(AS_USER)
    assert found.fits("ordinary-user")


@pytest.mark.parametrize("paranoid", [2, 3])
def test_two_capabilities(paranoid: int) -> None:
    with holding(PARANOID, str(paranoid)):
        found = Diagnosis((*ANY_MEMORY, *AS_TRACER))
    assert found.told["capabilities"]["held"] == ["CAP_BPF", "CAP_PERFMON"]
    if paranoid == 2:
        assert found.fits("two-capabilities")
        assert found.cells("kretprobe") == {"ok"}
    else:
        assert found.fits("paranoid")
        assert found.cells("kretprobe") == {"EACCES"}
        assert found.cells("fexit") == {"ok"}


@pytest.mark.parametrize("others", [nullcontext, Tracer])
def test_locked_memory(others: Callable[[], AbstractContextManager[object]]) -> None:
    """A user's memory is counted together: with a tracer open, nothing at all is left."""
    with others():
        found = Diagnosis((*LITTLE_MEMORY, *AS_TRACER))
    assert found.fits("memlock") if MEMLOCK_COUNTS else found.code == 0


def test_user_namespace() -> None:
    found = Diagnosis(USER_NAMESPACE)
    assert found.fits("user-namespace")


def test_seccomp() -> None:
    found = Diagnosis(refusing(1))
    assert found.fits("seccomp")


def test_kprobes_switched_off() -> None:
    """They attach as ever: only meeting them tells."""
    with holding(KPROBES, "0"):
        found = Diagnosis()
    assert found.fits("kprobes-off")
    assert found.cells("kprobe") == found.cells("kretprobe") == {"silent"}
    assert found.cells("fexit") == {"ok"}
    assert not found.told["verdict"]["ok"]


def test_packet_filter() -> None:
    rules = "add table ip t; add chain ip t c { type filter hook output priority 0; policy drop; }"
    found = Diagnosis(inside(f"nft '{rules}'"))
    assert found.fits("packet-filter")
