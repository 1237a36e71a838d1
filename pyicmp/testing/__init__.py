"""
Tests code that uses pyicmp, without root, without a kernel's help, and without libbpf.

- ``make_event()`` makes an event out of the fields that matter to a test.
- ``FakeTracer`` stands for a ``Tracer`` and gives such events.
- ``FakeRing`` stands for a ring: of records that a test makes, or that ``record()`` has saved.

Bytes are made and read by the layouts in the object's BTF, as the real ones are.
"""

from __future__ import annotations

from pyicmp.testing.events import make_event
from pyicmp.testing.rings import FakeRing, record
from pyicmp.testing.tracers import FakeTracer

__all__ = ["FakeRing", "FakeTracer", "make_event", "record"]
