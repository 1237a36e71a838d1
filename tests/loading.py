"""Opening and loading the small objects of tests/bpf."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyicmp import bpf
from tests.tracing import ROOT


def opened(name: str) -> bpf.OpenObject:
    """Open an object that ``make`` has built."""
    return bpf.open(ROOT / "build" / "tests" / f"{name}.bpf.o")


@contextmanager
def loaded(name: str) -> Iterator[bpf.Object]:
    """Load an object as it is."""
    with opened(name) as one, one.load() as obj:
        yield obj
