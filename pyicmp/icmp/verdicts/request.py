"""Which echo requests are to be judged."""

from __future__ import annotations

from pyicmp.icmp.request import Request, require_known
from pyicmp.icmp.verdicts.judging import Judging

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyicmp import bpf
    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.icmp.hooks import Hook
    from pyicmp.icmp.request import RequestArguments

__all__ = ["VerdictRequest"]


class VerdictRequest(Request):
    """
    Which echo requests are to be judged.

    Attributes:
        known: The arguments of ``Request`` that it takes.
        without_counters: What it means if the kernel's own counters are not read.
        judging: What it takes.

    Raises:
        UsageError: An argument cannot be meant, or not of verdicts.
    """

    purpose = "tell what becomes of echo requests"
    otherwise = "use pyicmp trace, which can do without"
    known: tuple[str, ...] = (
        *("host", "src", "dst", "interfaces", "netns", "families", "ids", "seqs"),
    )
    without_counters = (
        "the kernel's own counters are not read here: one witness less for each reply"
    )

    def __init__(self, **arguments: Unpack[RequestArguments]) -> None:
        require_known(arguments, self.known, "verdicts")
        super().__init__(**arguments)
        self.judging = Judging(self.families)

    def hooks(self) -> list[Hook]:
        """Return the hooks that it takes, the one that it cannot do without first."""
        return self.judging.hooks

    def ways(self) -> list[str]:
        """Return the ways to attach: no other sees a function's arguments and its result."""
        return ["fexit"]

    def rings(self, obj: bpf.Object | bpf.OpenObject) -> dict[str, Layout]:
        """Return the ring that the records come through."""
        return self.judging.rings(obj)

    def configure(self, opened: bpf.OpenObject) -> None:
        """Say it to an object that is not loaded yet."""
        super().configure(opened)
        self.judging.configure(opened)
