"""Which errors are wanted, with what they do."""

from __future__ import annotations

from pyicmp.bpf.symbols import symbol_addresses
from pyicmp.errors import UsageError
from pyicmp.icmp.effects.hooks import PERHAPS, hooks
from pyicmp.icmp.mib import PER_CPU, per_cpu_offset
from pyicmp.icmp.request import Request, require_known
from pyicmp.icmp.types import ERRORS
from pyicmp.icmp.typeset import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyicmp import bpf
    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.icmp.hooks import Hook
    from pyicmp.icmp.request import RequestArguments

__all__ = ["ErrorRequest"]

KNOWN = (
    *("types", "host", "src", "dst", "interfaces", "netns", "direction", "families", "inner"),
    *("pids", "comms", "cgroups"),
)
# Arrays of what the kernel does about each protocol.
PROTOCOLS = ("inet_protos", "inet6_protos")


class ErrorRequest(Request):
    """
    Which ICMP errors are wanted.

    Attributes:
        has_counters: Whether the kernel's own counters bear witness too.

    Raises:
        UsageError: An argument cannot be meant, or not of errors.
    """

    purpose = "see ICMP errors"

    def __init__(self, **arguments: Unpack[RequestArguments]) -> None:
        require_known(arguments, KNOWN, "errors")
        super().__init__(**arguments)
        self._symbols = symbol_addresses([PER_CPU, *PROTOCOLS, *PERHAPS])
        self.has_counters = per_cpu_offset(self._symbols) > 0
        self.types = (self.types or parse(["errors"])).among(ERRORS)
        if not self.types.families:
            raise UsageError("none of these types is an error", "", "see pyicmp trace for others")

    def hooks(self) -> list[Hook]:
        """Return the hooks that it takes, the one that it cannot do without first."""
        return hooks(self.families, self.direction, self._symbols)

    def ways(self) -> list[str]:
        """Return the ways to attach: by the first, effects are seen."""
        return ["fexit", "kretprobe", "tracepoint"]

    def rings(self, obj: bpf.Object | bpf.OpenObject) -> dict[str, Layout]:
        """Return the rings: of errors with effects, and of those that others see."""
        return {"effects": obj.layout("icmp_effect"), **super().rings(obj)}

    def configure(self, opened: bpf.OpenObject) -> None:
        """Say it to an object that is not loaded yet."""
        super().configure(opened)
        for name in PROTOCOLS:
            opened.globals[name] = self._symbols.get(name, 0)
        opened.globals["per_cpu_offset"] = per_cpu_offset(self._symbols)
