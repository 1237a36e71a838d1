"""Whose a message is, with answers so late that whoever runs then is somebody else."""

from __future__ import annotations

from tests.owners import check_owners


def test_ten_pingers_at_once() -> None:
    check_owners()
