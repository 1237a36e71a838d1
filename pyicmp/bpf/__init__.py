"""
The loader: any prebuilt BPF object, from typed Python; it knows nothing of ICMP.

Data goes one way::

    Spec            pure: what the bytes hold             spec
    OpenObject      editable, not yet in the kernel       opening, object
    Object          in the kernel                         object, program, map, globals
    Link, Plan      attached, by the way that works       link, plan
    RingBuffer      read, a bounded batch at a time       ring, perf, reader
    Batch           records: named, tuples, numpy, bytes  batch
    features        what this kernel can do, by trying    features
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf import features
    from pyicmp.bpf.batch import Batch
    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.bpf.btf.reader import Btf
    from pyicmp.bpf.features import Answer
    from pyicmp.bpf.globals import Globals
    from pyicmp.bpf.link import Link, LinkInfo
    from pyicmp.bpf.map import Map, possible_cpus
    from pyicmp.bpf.maps.info import MapInfo
    from pyicmp.bpf.object import Object, OpenObject
    from pyicmp.bpf.open_map import OpenMap
    from pyicmp.bpf.opening import open  # noqa: A004 - the verb of the interface: bpf.open()
    from pyicmp.bpf.perf import PerfBuffer
    from pyicmp.bpf.plan import Plan, Way
    from pyicmp.bpf.program import OpenProgram, Program
    from pyicmp.bpf.reader import Reader
    from pyicmp.bpf.records import ByField
    from pyicmp.bpf.ring import RingBuffer
    from pyicmp.bpf.running import ProgramInfo, ProgramStats, RunResult, enable_stats
    from pyicmp.bpf.spec.spec import Spec
    from pyicmp.bpf.symbols import Symbols, resolve_symbol, symbol_address
    from pyicmp.bpf.waiting import wait

__all__ = [
    "Answer",
    "Batch",
    "Btf",
    "ByField",
    "Globals",
    "Layout",
    "Link",
    "LinkInfo",
    "Map",
    "MapInfo",
    "Object",
    "OpenMap",
    "OpenObject",
    "OpenProgram",
    "PerfBuffer",
    "Plan",
    "Program",
    "ProgramInfo",
    "ProgramStats",
    "Reader",
    "RingBuffer",
    "RunResult",
    "Spec",
    "Symbols",
    "Way",
    "enable_stats",
    "features",
    "open",
    "possible_cpus",
    "resolve_symbol",
    "symbol_address",
    "wait",
]

_HOMES = {
    "Batch": "batch",
    "Btf": "btf.reader",
    "Answer": "features",
    "Globals": "globals",
    "ByField": "records",
    "Layout": "btf.layout",
    "Link": "link",
    "LinkInfo": "link",
    "Map": "map",
    "MapInfo": "maps.info",
    "Object": "object",
    "OpenMap": "open_map",
    "OpenObject": "object",
    "OpenProgram": "program",
    "PerfBuffer": "perf",
    "Plan": "plan",
    "Program": "program",
    "ProgramInfo": "running",
    "ProgramStats": "running",
    "Reader": "reader",
    "RingBuffer": "ring",
    "RunResult": "running",
    "Spec": "spec.spec",
    "Symbols": "symbols",
    "Way": "plan",
    "enable_stats": "running",
    "features": "features",
    "open": "opening",
    "possible_cpus": "map",
    "resolve_symbol": "symbols",
    "symbol_address": "symbols",
    "wait": "waiting",
}


def __getattr__(name: str) -> object:
    """Import what is asked for only then: a ``Spec`` needs no libbpf, a load no pyelftools."""
    from importlib import import_module

    if name in _HOMES:
        home = import_module(f"pyicmp.bpf.{_HOMES[name]}")
        return home if name == "features" else getattr(home, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
