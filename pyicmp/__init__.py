"""
pyicmp: see the ICMP that comes and goes on a Linux host, from one prebuilt BPF object.

``Tracer`` is the tracer, ``pyicmp.bpf`` the loader under it, for any object.
"""

from __future__ import annotations

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
    "Stats",
    "Tracer",
    "UsageError",
    "VerifierError",
    "bpf",
]

__version__ = "0.1.0"
