"""
The loader: any prebuilt BPF object, from typed Python; it knows nothing of ICMP.

Data goes one way::

    Spec            pure: what the bytes hold             spec
    OpenObject      editable, not yet in the kernel       opening, object
    Object          in the kernel                         object, program, map
    Link, Plan      attached, by the way that works       link, plan
    RingBuffer      read, a bounded batch at a time       ring, perf, reader
    Batch           records: named, tuples, numpy, bytes  batch
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.batch import Batch
    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.bpf.btf.reader import Btf
    from pyicmp.bpf.link import Link
    from pyicmp.bpf.map import Map, OpenMap, possible_cpus
    from pyicmp.bpf.object import Object, OpenObject
    from pyicmp.bpf.opening import open  # noqa: A004 - the verb of the interface: bpf.open()
    from pyicmp.bpf.perf import PerfBuffer
    from pyicmp.bpf.plan import Plan, Way
    from pyicmp.bpf.program import OpenProgram, Program
    from pyicmp.bpf.reader import Reader
    from pyicmp.bpf.records import ByField
    from pyicmp.bpf.ring import RingBuffer
    from pyicmp.bpf.spec.spec import Spec
    from pyicmp.bpf.symbols import resolve_symbol
    from pyicmp.bpf.waiting import wait

__all__ = [
    "Batch",
    "Btf",
    "ByField",
    "Layout",
    "Link",
    "Map",
    "Object",
    "OpenMap",
    "OpenObject",
    "OpenProgram",
    "PerfBuffer",
    "Plan",
    "Program",
    "Reader",
    "RingBuffer",
    "Spec",
    "Way",
    "open",
    "possible_cpus",
    "resolve_symbol",
    "wait",
]

_HOMES = {
    "Batch": "batch",
    "Btf": "btf.reader",
    "ByField": "records",
    "Layout": "btf.layout",
    "Link": "link",
    "Map": "map",
    "Object": "object",
    "OpenMap": "map",
    "OpenObject": "object",
    "OpenProgram": "program",
    "PerfBuffer": "perf",
    "Plan": "plan",
    "Program": "program",
    "Reader": "reader",
    "RingBuffer": "ring",
    "Spec": "spec.spec",
    "Way": "plan",
    "open": "opening",
    "possible_cpus": "map",
    "resolve_symbol": "symbols",
    "wait": "waiting",
}


def __getattr__(name: str) -> object:
    """Import what is asked for only then: a ``Spec`` needs no libbpf, a load no pyelftools."""
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(f"pyicmp.bpf.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
