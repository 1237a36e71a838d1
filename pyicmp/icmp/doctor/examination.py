"""Everything that there is to find out, in the shape of ``pyicmp doctor -o json``."""

from __future__ import annotations

import os

from pyicmp import bpf
from pyicmp.bpf import host
from pyicmp.errors import PyicmpError
from pyicmp.icmp import shipped
from pyicmp.icmp.doctor import facts
from pyicmp.icmp.doctor.hooks import try_hooks
from pyicmp.icmp.doctor.selftest import self_test
from pyicmp.icmp.doctor.sysctls import sysctls
from pyicmp.icmp.doctor.transports import try_transports
from pyicmp.icmp.tracer import Tracer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["examine"]


def examine(btf: str | None, exit_code: Callable[[PyicmpError], int]) -> dict[str, Any]:
    """
    Try everything, leave nothing behind, and return what was found; JSON can hold it.

    Args:
        btf: Path of the kernel's BTF, or None.
        exit_code: Which exit code an error has.
    """
    name = os.uname()
    path = shipped.object_path()

    def open_object() -> bpf.OpenObject:
        return bpf.open(path, btf=btf, sha256=shipped.object_sha256())

    hooks = try_hooks(open_object)
    found = {
        "kernel": name.release,
        "arch": name.machine,
        "btf": facts.btf(btf, path),
        "capabilities": facts.privileges(),
        "lockdown": host.lockdown() or None,
        "sysctls": sysctls(),
        "hooks": hooks,
        "transports": try_transports(open_object),
    }
    try:
        with Tracer(btf=btf, verdicts=False) as tracer:
            why = _chosen(tracer)
            tested = self_test(tracer, hooks)
    except PyicmpError as error:
        verdict = {"ok": False, "exit": exit_code(error), "why": error.why, "fix": error.fix}
        return {**found, "verdict": verdict, "selftest": None}
    blind = bool(tested["sent"]) and not {"out", "in"} <= {one.split()[0] for one in tested["seen"]}
    verdict = {"ok": not blind, "exit": 0, "why": why, "fix": tested["fix"] if blind else None}
    return {**found, "verdict": verdict, "selftest": tested}


def _chosen(tracer: Tracer) -> str:
    """Return how it traces, and what it goes without."""
    plan = tracer.plan
    others = " or ".join(way.name for way, _ in plan.failures) if plan else ""
    through = "" if tracer.transport.is_ring else " through perf buffers"
    lines = [f"traces by {tracer.attachment.way}{through}{', not by ' + others if others else ''}"]
    differs = plan.chosen.differs if plan and plan.chosen else ""
    lines += [f"{tracer.attachment.way} {differs}"] if differs else []
    lines += [
        f"without {hook.name}, {hook.loses}: {error.why}"
        for hook, error in tracer.attachment.missing
    ]
    return "; ".join(lines)
