"""Other machines, at length: docs/machines.md."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import elsewhere
from tests.files import run_files
from tests.filtering import check_filters
from tests.tracing import OBJECT, run

BOOT = {"kernels": ["arm64-6.1", "arm64-6.12", "s390x-6.12", "riscv64-6.12"], "timeout": 3000}


@pytest.mark.parametrize("way", elsewhere.WAYS)
def test_23_pings_are_46_records_as_captured(way: str, tmp_path: Path) -> None:
    elsewhere.check_way(way, tmp_path)


def test_a_forwarding_hosts_own_addresses() -> None:
    elsewhere.check_own_addresses()


def test_each_flag_and_twenty_combinations() -> None:
    check_filters("auto")


def test_the_object_on_this_kernels_btf() -> None:
    own = run("verify", str(OBJECT), "/sys/kernel/btf/vmlinux")
    assert own.process.returncode == 0, own.stdout + own.stderr
    for machine, path in elsewhere.OBJECTS.items():
        if machine != os.uname().machine:
            other = run("verify", str(elsewhere.ROOT / path), "/sys/kernel/btf/vmlinux")
            assert other.process.returncode in (1, 6), other.stdout


def test_maps_globals_and_rings() -> None:
    run_files("host", "maps", "map_kinds", "map_lists", "open_maps", "globals", "rings", "perf")


def test_what_needs_no_kernel() -> None:
    run_files("unit", "batch", "btf", "btfext", "elf", "layout", "map_codecs", "record")
    run_files("unit", "message", "prefixes", "request", "sinks", "spec", "testing", "typeset")
