"""Other machines, s390x big-endian among them: docs/machines.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import elsewhere
from tests.pings import WAYS

BOOT = {"kernels": ["arm64-6.12", "s390x-6.12", "riscv64-6.12"]}


@pytest.mark.parametrize("way", WAYS)
def test_23_pings_are_46_records_as_captured(way: str, tmp_path: Path) -> None:
    elsewhere.check_way(way, tmp_path)


@pytest.mark.parametrize("to", ["127.0.0.1", "::1"])
def test_whose_they_are_both_ways(to: str) -> None:
    elsewhere.check_owners(to)


def test_another_machines_object_is_refused_by_name() -> None:
    elsewhere.check_objects_of_others()
