"""Other machines, at length: docs/machines.md."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyicmp import VerifierError, bpf
from tests import elsewhere
from tests.files import run_files
from tests.filtering import check_filters
from tests.pings import WAYS
from tests.tracing import OBJECT, ROOT, run

BOOT = {"kernels": ["arm64-6.1", "arm64-6.12", "s390x-6.12", "riscv64-6.12"], "timeout": 3000}
JIT = Path("/proc/sys/net/core/bpf_jit_enable")


@pytest.mark.parametrize("way", WAYS)
def test_23_pings_are_46_records_as_captured(way: str, tmp_path: Path) -> None:
    elsewhere.check_way(way, tmp_path)


def test_a_forwarding_hosts_own_addresses() -> None:
    elsewhere.check_own_addresses()


def test_what_became_of_each_ping() -> None:
    elsewhere.check_verdicts()


def test_each_flag_and_twenty_combinations() -> None:
    check_filters("auto")


def test_the_object_on_this_kernels_btf() -> None:
    own = run("verify", str(OBJECT), "/sys/kernel/btf/vmlinux")
    assert own.process.returncode == 0, own.stdout + own.stderr
    for machine, path in elsewhere.OBJECTS.items():
        if machine != os.uname().machine:
            other = run("verify", str(ROOT / path), "/sys/kernel/btf/vmlinux")
            assert other.process.returncode in (1, 6), other.stdout


def test_maps_globals_and_perf_buffers() -> None:
    run_files("host", "maps", "map_kinds", "map_lists", "open_maps", "globals", "perf")


def test_rings() -> None:
    """Their program loops by a callback, which takes machine code."""
    if JIT.exists():
        JIT.write_text("1")
        run_files("host", "rings")
        return
    with (
        bpf.open(ROOT / "build" / "tests" / "ring.bpf.o") as opened,
        pytest.raises(VerifierError, match="not allowed in non-JITed programs"),
    ):
        opened.load()


def test_what_needs_no_kernel() -> None:
    """The other files say themselves what the bytes of either order are, on any machine."""
    run_files("unit", "btf", "btfext", "map_codecs", "message", "prefixes", "request", "sinks")
    run_files("unit", "spec", "testing", "typeset")
