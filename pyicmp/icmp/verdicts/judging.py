"""What it takes to judge echo requests: programs, their ring, and the kernel's own counters."""

from __future__ import annotations

import os

from pyicmp.bpf.symbols import symbol_addresses
from pyicmp.icmp.verdicts.hooks import PERHAPS, hooks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp import bpf
    from pyicmp.bpf.btf.layout import Layout

__all__ = ["VERDICTS", "Judging"]

VERDICTS = "verdicts"
PER_CPU = "__per_cpu_offset"  # of each CPU, where its copy of per-CPU data is


class Judging:
    """
    Judging on this host: alone (``pyicmp why``), or beside a trace.

    Args:
        families: 4, 6 or both.

    Attributes:
        hooks: Where the evidence comes from, the one that it cannot do without first.
        has_counters: Whether the kernel's own counters bear witness too.
    """

    def __init__(self, families: frozenset[int]) -> None:
        symbols = symbol_addresses([PER_CPU, *PERHAPS])
        self.hooks = hooks(families, symbols)
        # On PREEMPT_RT others may move a CPU's counters while a request is being answered.
        is_rt = "PREEMPT_RT" in os.uname().version
        self._per_cpu_offset = 0 if is_rt else symbols.get(PER_CPU, 0)
        self.has_counters = self._per_cpu_offset > 0

    @property
    def programs(self) -> list[str]:
        """The programs that it takes: no other way sees a function's arguments and its result."""
        return [hook.program("fexit") or "" for hook in self.hooks]

    def rings(self, obj: bpf.Object | bpf.OpenObject) -> dict[str, Layout]:
        """Return the ring that the verdicts come through, with their type."""
        return {VERDICTS: obj.layout("icmp_verdict")}

    def configure(self, opened: bpf.OpenObject) -> None:
        """Say it to an object that is not loaded yet."""
        opened.globals["per_cpu_offset"] = self._per_cpu_offset
