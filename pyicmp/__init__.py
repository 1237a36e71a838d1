"""
pyicmp: see the ICMP that comes and goes on a Linux host, from one prebuilt BPF object.

``Tracer`` is the tracer, ``pyicmp.bpf`` the loader under it, for any object.
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
    from pyicmp.icmp.event import IcmpEvent
    from pyicmp.icmp.rtt.tracer import RttTracer
    from pyicmp.icmp.stats import Stats
    from pyicmp.icmp.tracer import Tracer

__all__ = [
    "BpfError",
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
