"""What a program needs of a kernel besides types: its hook, helpers, kfuncs and map types."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from pyicmp.bpf.btf import kinds

if TYPE_CHECKING:
    from pyicmp.bpf.btf.kinds import FuncProto
    from pyicmp.bpf.core.kernel import Kernel
    from pyicmp.bpf.spec.parts import ProgramSpec

__all__ = ["ABSENT", "PRESENT", "UNKNOWN", "Hook", "find_hook", "map_type", "program_type"]

PRESENT, ABSENT, UNKNOWN = "present", "absent", "unknown"
KPROBES = ("kprobe", "kretprobe", "kprobe.multi", "kretprobe.multi", "kprobe.session")
SYSCALLS = ("ksyscall", "kretsyscall")
# By kind, what the kernel's function is called; the verifier knows its arguments
TYPED = {
    "fentry": "{}", "fexit": "{}", "fsession": "{}", "fmod_ret": "{}", "lsm": "bpf_lsm_{}",
    "lsm_cgroup": "bpf_lsm_{}", "iter": "bpf_iter_{}",
}  # fmt: skip
TRACEPOINTS = ("tracepoint", "raw_tp", "tp_btf")
# By kind, the constant of enum bpf_prog_type without BPF_PROG_TYPE_
TYPES = {
    "socket": "SOCKET_FILTER", "sk_reuseport": "SK_REUSEPORT", "tc": "SCHED_CLS",
    "tcx": "SCHED_CLS", "netkit": "SCHED_CLS", "action": "SCHED_ACT",
    "tracepoint": "TRACEPOINT", "raw_tp": "RAW_TRACEPOINT", "lsm": "LSM", "lsm_cgroup": "LSM",
    "syscall": "SYSCALL", "xdp": "XDP", "perf_event": "PERF_EVENT", "lwt_in": "LWT_IN",
    "lwt_out": "LWT_OUT", "lwt_xmit": "LWT_XMIT", "lwt_seg6local": "LWT_SEG6LOCAL",
    "sockops": "SOCK_OPS", "sk_skb": "SK_SKB", "sk_msg": "SK_MSG", "lirc_mode2": "LIRC_MODE2",
    "flow_dissector": "FLOW_DISSECTOR", "cgroup_skb": "CGROUP_SKB", "sk_lookup": "SK_LOOKUP",
    "struct_ops": "STRUCT_OPS", "netfilter": "NETFILTER", "freplace": "EXT",
}  # fmt: skip
TYPES |= dict.fromkeys(("tp_btf", "fentry", "fexit", "fsession", "fmod_ret", "iter"), "TRACING")
TYPES |= dict.fromkeys((*KPROBES, *SYSCALLS, "uprobe", "uretprobe", "usdt"), "KPROBE")
# By kind, the constant of enum bpf_attach_type where it came later than the program type
ATTACH_TYPES = {
    "kprobe.multi": "BPF_TRACE_KPROBE_MULTI", "kretprobe.multi": "BPF_TRACE_KPROBE_MULTI",
    "kprobe.session": "BPF_TRACE_KPROBE_SESSION", "uprobe.multi": "BPF_TRACE_UPROBE_MULTI",
    "uretprobe.multi": "BPF_TRACE_UPROBE_MULTI", "lsm_cgroup": "BPF_LSM_CGROUP",
    "tcx": "BPF_TCX_INGRESS", "netkit": "BPF_NETKIT_PRIMARY", "netfilter": "BPF_NETFILTER",
    "fsession": "BPF_TRACE_FSESSION",
}  # fmt: skip


class Hook(NamedTuple):
    """
    A hook in a kernel.

    Attributes:
        state: ``present``, ``absent`` or ``unknown``.
        why: If it is not present, what was looked for.
        proto: The signature that the program is called with, where the verifier knows it.
        hidden: How many of its parameters come first that programs do not see.
        returns: Whether the returned value follows the arguments.
        must: Whether the program cannot even be loaded without.
    """

    state: str
    why: str = ""
    proto: FuncProto | None = None
    hidden: int = 0
    returns: bool = False
    must: bool = False


def program_type(kernel: Kernel, program: ProgramSpec) -> str:
    """Return what of the program's type this kernel lacks, or nothing."""
    for enum, prefix, table in (
        ("bpf_prog_type", "BPF_PROG_TYPE_", TYPES),
        ("bpf_attach_type", "", ATTACH_TYPES),
    ):
        wanted, known = table.get(program.kind), kernel.enum(enum)
        if wanted and known is not None and prefix + wanted not in known:
            return f"this kernel has no {prefix}{wanted}"
    return ""


def map_type(kernel: Kernel, name: str) -> str:
    """Return what of a map's type this kernel lacks, or nothing."""
    known, wanted = kernel.enum("bpf_map_type"), f"BPF_MAP_TYPE_{name.upper()}"
    if known is None or wanted in known or wanted == "BPF_MAP_TYPE_CGROUP_STORAGE":
        return ""
    return f"this kernel has no {wanted}"


def find_hook(kernel: Kernel, program: ProgramSpec) -> Hook:
    """Return the hook that a program's section names."""
    kind, target = program.kind, program.target
    if not kernel.has_functions:
        return Hook(UNKNOWN, "this BTF has no functions")
    if kind in TRACEPOINTS and target:
        return _tracepoint(kernel, kind, target)
    if target and kind in KPROBES:
        return _kprobe(kernel, target)
    if target and kind in SYSCALLS:
        return _syscall(kernel, target)
    if target and kind in TYPED:
        return _typed(kernel, kind, TYPED[kind].format(target))
    if kind not in TYPES or kind in ("usdt", "uprobe", "uretprobe", "freplace", "struct_ops"):
        return Hook(UNKNOWN, "it is not the kernel's to know")
    if kind in (*KPROBES, *SYSCALLS, *TRACEPOINTS, *TYPED):
        return Hook(UNKNOWN, "the section names none")
    return Hook(PRESENT)


def _tracepoint(kernel: Kernel, kind: str, target: str) -> Hook:
    category, _, name = target.rpartition("/")
    if category == "syscalls":
        call = name.removeprefix("sys_enter_").removeprefix("sys_exit_")
        return _syscall(kernel, call)
    for found in kernel.named(f"btf_trace_{name}"):
        if isinstance(found, kinds.Typedef):
            pointer = kernel.btf.resolve(found)
            proto = kernel.btf.resolve(pointer.type_id) if isinstance(pointer, kinds.Ptr) else None
            if kind == "tp_btf" and isinstance(proto, kinds.FuncProto):
                return Hook(PRESENT, proto=proto, hidden=1)
            return Hook(PRESENT)
    return Hook(ABSENT, f"this kernel has no tracepoint {name}", must=kind == "tp_btf")


def _kprobe(kernel: Kernel, target: str) -> Hook:
    name = target.partition("+")[0]
    if kernel.function(name):
        return Hook(PRESENT)
    if "*" in name or "?" in name:
        names = kernel.btf.names(kinds.Func)
        if any(fnmatchcase(one, name) for one in names):
            return Hook(PRESENT)
    return Hook(ABSENT, f"this kernel's BTF has no function {name}")


def _syscall(kernel: Kernel, name: str) -> Hook:
    places = ("__x64_sys_", "__arm64_sys_", "__s390x_sys_", "__riscv_sys_", "__se_sys_", "sys_")
    if any(kernel.function(place + name) for place in places):
        return Hook(PRESENT)
    return Hook(ABSENT, f"this kernel's BTF has no system call {name}")


def _typed(kernel: Kernel, kind: str, name: str) -> Hook:
    function = kernel.function(name)
    if function is None:
        why = f"this kernel's BTF has no function {name}"
        return Hook(ABSENT, f"{why}; a module may", must=True)
    proto = kernel.btf.resolve(function.type_id)
    if not isinstance(proto, kinds.FuncProto):
        return Hook(PRESENT)
    return Hook(PRESENT, proto=proto, returns=kind in ("fexit", "fmod_ret", "fsession"))
