"""Which round trips are to be measured."""

from __future__ import annotations

from pyicmp.icmp.request import Request, require_known
from pyicmp.icmp.rtt.hooks import hooks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyicmp import bpf
    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.icmp.hooks import Hook
    from pyicmp.icmp.request import RequestArguments

__all__ = ["RttRequest"]

# Whatever fits a request and its reply alike.
KNOWN = ("host", "netns", "families", "ids", "seqs", "pids", "comms", "cgroups", "light")


class RttRequest(Request):
    """
    Which round trips are to be measured.

    Args:
        split: Whether to find out where the time goes.
        **arguments: By what both a request and its reply have: see ``KNOWN``.

    Raises:
        UsageError: An argument cannot be meant, or not of round trips.
    """

    purpose = "measure round trips"

    def __init__(self, *, split: bool, **arguments: Unpack[RequestArguments]) -> None:
        require_known(arguments, KNOWN, "round trips")
        arguments["types"], arguments["data_len"] = ["echo-request", "echo-reply"], 0
        super().__init__(**arguments)
        self.split = split
        if split:
            self.purpose = "tell where the time of round trips goes (--split)"
            self.otherwise = "use pyicmp rtt without --split, which can do without"

    def hooks(self) -> list[Hook]:
        """Return the hooks that it takes, the one that it cannot do without first."""
        return [*(hooks(self.families) if self.split else ()), *super().hooks()]

    def ways(self) -> list[str]:
        """Return the ways to attach: a split takes arguments, and a function's result."""
        return ["fexit"] if self.split else super().ways()

    def rings(self, obj: bpf.Object | bpf.OpenObject) -> dict[str, Layout]:
        """Return the rings that the records come through."""
        found = super().rings(obj)
        return found | {"splits": obj.layout("icmp_split")} if self.split else found
