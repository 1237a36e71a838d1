"""Opening and loading the small objects of tests/bpf."""

from __future__ import annotations

import os
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


@contextmanager
def loaded_only(name: str, *maps: str) -> Iterator[bpf.Object]:
    """Load an object with some of its maps: an older kernel may not know the others' type."""
    with opened(name) as one:
        for each in one.maps.values():
            each.autocreate = each.name in maps
        with one.load() as obj:
            yield obj


def kernel() -> tuple[int, ...]:
    """Return the running kernel's version, as (6, 1)."""
    return tuple(int(part) for part in os.uname().release.split(".")[:2])
