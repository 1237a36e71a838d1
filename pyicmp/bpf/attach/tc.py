"""tc: a classifier at an interface; by tcx where the kernel has it, else by a clsact filter."""

from __future__ import annotations

import errno

from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.attach import network
from pyicmp.bpf.call import check
from pyicmp.bpf.link import Link
from pyicmp.errors import BpfError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf._native import CData
    from pyicmp.bpf.program import Program

__all__ = ["attach"]

POINTS = {"ingress": 1, "egress": 2}  # enum bpf_tc_attach_point


def attach(
    program: Program,
    kind: str,
    *,
    interface: str | int | None = None,
    direction: str = "ingress",
    by: str | None = None,
    priority: int = 0,
) -> Link:
    """
    Attach to what an interface receives or sends.

    Args:
        program: The program.
        kind: ``tc``.
        interface: Name or ifindex.
        direction: ``ingress`` or ``egress``.
        by: ``tcx`` (Linux 6.6, ends with the process) or ``clsact`` (any kernel; a filter that
            is left behind if this process is killed); else tcx if it works.
        priority: The filter's, for clsact; else the kernel's choice.
    """
    what = f"cannot attach {program.name}"
    if direction not in POINTS or by not in (None, "tcx", "clsact"):
        raise UsageError(what, f"tc has no {direction} by {by}", "say ingress or egress")
    if by != "clsact" and not priority:
        try:
            return network.attach(program, "tcx", interface=interface, direction=direction)
        except BpfError as error:
            if by or error.errno != errno.EINVAL:
                raise
    index = network.index_of(program, interface)
    tc = ffi.new("struct pyicmp_tc *", [index, POINTS[direction], 0, priority, False])
    hook = f"{interface} {direction}"
    check(f"{what} to {hook}", lib.pyicmp_tc_attach, tc, program.fileno())
    return _Filter(tc, hook, kind, program.links)


class _Filter(Link):
    """A classic filter; with it goes the clsact qdisc, if it was made for it."""

    def __init__(self, tc: CData, hook: str, kind: str, links: set[Link]) -> None:
        super().__init__(-1, hook, kind, links)
        self._tc = tc

    def update(self, program: Program) -> None:
        what = f"cannot put {program.name} into the filter at {self.function}"
        check(what, lib.pyicmp_tc_attach, self._tc, program.fileno())

    def _detach(self) -> None:
        lib.pyicmp_tc_detach(self._tc)
