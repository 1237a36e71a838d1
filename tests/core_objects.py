"""The small objects of tests/bpf/core, and which of them no kernel takes."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "build" / "icmp.bpf.o"
NAMES = sorted(one.name.removesuffix(".bpf.c") for one in (ROOT / "tests/bpf/core").glob("*.bpf.c"))
# What is fatal in those that must fail.
FATAL = {
    "ambiguous": "irq_info.lock",
    "bounds": "sk_buff.cb[60]",
    "incompatible": "sk_buff.len",
    "noenumerator": "bpf_func_id::BPF_FUNC_never_made",
    "signed": "task_struct.prio",
    "subprogram": "sk_buff.never_made",
    "toofar": "pglist_data.node_id",
    "unportable": "sk_buff.never_made",
}


def path(name: str) -> Path:
    """Return a finished object."""
    return ROOT / "build" / "tests" / "core" / f"{name}.bpf.o"
