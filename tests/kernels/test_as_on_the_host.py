"""Files of tests/host on each kernel: what a kernel lacks, or does another way, they say."""

from __future__ import annotations

from tests.files import run_files


def test_maps_and_globals() -> None:
    run_files("host", "maps", "map_kinds", "map_lists", "open_maps", "globals")


def test_rings() -> None:
    run_files("host", "rings", "perf", "async", "lifecycle")
