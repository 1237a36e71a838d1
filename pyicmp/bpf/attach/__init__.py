"""
Attaching, one family of hooks a file; each is imported only when it is asked for.

A family's ``attach(program, kind, …)`` takes what its hooks need as keyword arguments, and what
is not given from the program's section. The arguments of all families are in ``options``.
"""

from __future__ import annotations

from pyicmp.errors import LifecycleError, NotSupported, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyicmp.bpf.link import Link
    from pyicmp.bpf.program import Program

__all__ = ["KINDS", "attach"]

# The kind that a section names: the module that attaches it.
KINDS = {
    "kprobe": "kprobe", "kretprobe": "kprobe", "ksyscall": "kprobe", "kretsyscall": "kprobe",
    "kprobe.multi": "kprobe_multi", "kretprobe.multi": "kprobe_multi",
    "kprobe.session": "kprobe_multi",
    "uprobe": "uprobe", "uretprobe": "uprobe", "usdt": "usdt",
    "tracepoint": "tracepoint", "perf_event": "perf_event",
    "raw_tp": "tracing", "tp_btf": "tracing", "fentry": "tracing", "fexit": "tracing",
    "fmod_ret": "tracing", "lsm": "tracing", "freplace": "tracing",
    "iter": "iterator", "netfilter": "netfilter",
    "xdp": "network", "tcx": "network", "netkit": "network",
    "flow_dissector": "network", "sk_lookup": "network", "tc": "tc", "action": "tc",
    "lsm_cgroup": "cgroup", "sockops": "cgroup",
}  # fmt: skip


def attach(program: Program, kind: str, options: dict[str, object]) -> Link:
    """
    Attach *program* by the family of *kind*.

    Raises:
        UsageError: An option that this kind does not take.
        NotSupported: No family attaches that kind, or this kernel cannot.
        LifecycleError: The program was not loaded.
    """
    if program.fileno() < 0:
        raise LifecycleError(
            f"cannot attach {program.name}", "it was not loaded", "set its autoload before load()"
        )
    family = _family(program, kind)
    code = family.__code__
    known = code.co_varnames[2 : code.co_argcount + code.co_kwonlyargcount]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise UsageError(
            f"cannot attach {program.name}",
            f"{kind} takes no {' and no '.join(unknown)}",
            f"it takes {', '.join(known)}",
        )
    return family(program, kind, **options)


def _family(program: Program, kind: str) -> Callable[..., Link]:
    from importlib import import_module

    name = "cgroup" if kind.startswith("cgroup") else KINDS.get(kind)
    if name is None:
        raise NotSupported(
            f"cannot attach {program.name}",
            f"programs in section {program.section} are not attached to a hook",
            f"name one of {', '.join(KINDS)}, cgroup with kind=" if not program.target else "",
            errno=95,
        )
    found: Callable[..., Link] = import_module(f"pyicmp.bpf.attach.{name}").attach
    return found
