"""
pyicmp: see the ICMP that comes and goes on a Linux host, from one prebuilt BPF object.

``Tracer`` is the tracer, ``ErrorTracer`` tells what errors do; ``pyicmp.bpf`` is the loader under
them, for any object.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp import bpf
    from pyicmp.errors import (
        BpfError,
        LayoutError,
        LifecycleError,
        NotPermitted,
        NotSupported,
        ObjectError,
        PyicmpError,
        UsageError,
        VerifierError,
    )
    from pyicmp.icmp.effects.effect import Effect
    from pyicmp.icmp.effects.tracer import ErrorTracer
    from pyicmp.icmp.event import IcmpEvent
    from pyicmp.icmp.rtt.tracer import RttTracer
    from pyicmp.icmp.stats import Stats
    from pyicmp.icmp.tracer import Tracer

__all__ = [
    "BpfError",
    "Effect",
    "ErrorTracer",
    "IcmpEvent",
    "LayoutError",
    "LifecycleError",
    "NotPermitted",
    "NotSupported",
    "ObjectError",
    "PyicmpError",
    "RttTracer",
    "Stats",
    "Tracer",
    "UsageError",
    "VerifierError",
    "bpf",
]

__version__ = "0.1.0"

_HOMES = {
    "Effect": "icmp.effects.effect",
    "ErrorTracer": "icmp.effects.tracer",
    "IcmpEvent": "icmp.event",
    "RttTracer": "icmp.rtt.tracer",
    "Stats": "icmp.stats",
    "Tracer": "icmp.tracer",
}


def __getattr__(name: str) -> object:
    """Import what is asked for only then: looking into an object needs no libbpf."""
    from importlib import import_module

    if name == "bpf":
        return import_module("pyicmp.bpf")
    if name in __all__:
        return getattr(import_module(f"pyicmp.{_HOMES.get(name, 'errors')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
