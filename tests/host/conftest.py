"""Fixtures of the tests that read a ring of numbered records."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pyicmp import bpf
from tests.prog_run import RING_OBJECT


@pytest.fixture
def obj() -> Iterator[bpf.Object]:
    with bpf.open(RING_OBJECT) as opened, opened.load() as loaded:
        yield loaded


@pytest.fixture
def ring(obj: bpf.Object) -> Iterator[bpf.RingBuffer]:
    with obj.ring("numbers", "plain") as opened:
        yield opened
