"""Fixtures of the tests that read a ring of numbered records."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pyicmp import bpf
from tests.prog_run import opened_ring


@pytest.fixture
def obj() -> Iterator[bpf.Object]:
    with opened_ring() as opened, opened.load() as loaded:
        yield loaded


@pytest.fixture
def ring(obj: bpf.Object) -> Iterator[bpf.RingBuffer]:
    with obj.ring("numbers", "plain") as opened:
        yield opened
