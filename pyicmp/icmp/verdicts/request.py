"""Which echo requests are to be judged."""

from __future__ import annotations

import os

from pyicmp.bpf.symbols import symbol_address
from pyicmp.errors import UsageError
from pyicmp.icmp.request import Request
from pyicmp.icmp.verdicts.hooks import hooks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyicmp import bpf
    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.icmp.hooks import Hook
    from pyicmp.icmp.request import RequestArguments

__all__ = ["VerdictRequest"]

KNOWN = ("host", "src", "dst", "interfaces", "netns", "families", "ids", "seqs")


class VerdictRequest(Request):
    """
    Which echo requests are to be judged.

    Attributes:
        has_counters: Whether the kernel's own counters bear witness too.

    Raises:
        UsageError: An argument cannot be meant, or not of verdicts.
    """

    purpose = "tell what becomes of echo requests"
    has_counters = False

    def __init__(self, **arguments: Unpack[RequestArguments]) -> None:
        for name in arguments.keys() - set(KNOWN):
            raise UsageError(f"verdicts take no {name}", "", f"there are {', '.join(KNOWN)}")
        super().__init__(**arguments)

    def hooks(self) -> list[Hook]:
        """Return the hooks that it takes, the one that it cannot do without first."""
        return hooks(self.families)

    def ways(self) -> list[str]:
        """Return the ways to attach: no other sees a function's arguments and its result."""
        return ["fexit"]

    def rings(self, obj: bpf.Object | bpf.OpenObject) -> dict[str, Layout]:
        """Return the ring that the records come through."""
        return {"verdicts": obj.layout("icmp_verdict")}

    def configure(self, opened: bpf.OpenObject) -> None:
        """Say it to an object that is not loaded yet."""
        super().configure(opened)
        # On PREEMPT_RT others may move a CPU's counters while a request is being answered.
        if "PREEMPT_RT" not in os.uname().version:
            address = symbol_address("__per_cpu_offset") or 0
            opened.globals["per_cpu_offset"], self.has_counters = address, address > 0
