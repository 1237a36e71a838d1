"""Attaches for a moment, to learn whether this kernel can: a program that only returns."""

from __future__ import annotations

import errno
import os
import struct
from functools import partial

from pyicmp.bpf import host
from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.attach.made import IOC_SET_BPF, create, open_perf_event
from pyicmp.bpf.attach.tracing import require_lsm
from pyicmp.bpf.call import check
from pyicmp.errors import BpfError, NotSupported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TRIALS", "load", "make_arena", "token_exists"]

# Hooks that every kernel has, and that are seldom or never met meanwhile.
FUNCTION, TRACEPOINT, LSM_HOOK, ITERATOR = "proc_dointvec", "task_rename", "syslog", "task"
MAP_CREATE, TOKEN_CREATE, F_MMAPABLE = 0, 36, 1 << 10
ARRAY = 2  # enum bpf_map_type
CLONE_NEWNET = 0x40000000
LOOPBACK = 1  # its ifindex in every network namespace
WHAT = "cannot do that"


def load(prog_type: int, attach_type: int, hook: str = "", what: str = WHAT) -> None:
    """Load a program that returns 1 (0 if it is for *hook*), and free it; *what* is for errors."""
    os.close(_load(prog_type, attach_type, hook, 0 if hook else 1, what))


def _load(prog_type: int, attach_type: int, hook: str, retval: int, what: str = WHAT) -> int:
    type_id = 0
    if hook:
        name = ffi.new("char[]", hook.encode())
        type_id = check(what, lib.libbpf_find_vmlinux_btf_id, name, attach_type)
    return check(
        what,
        lib.pyicmp_load_trial,
        prog_type,
        attach_type,
        type_id,
        retval,
        call="bpf(BPF_PROG_LOAD)",
    )


class _Loaded:
    """A trial program, as long as the block lasts."""

    def __init__(
        self, prog_type: int, attach_type: int = 0, hook: str = "", retval: int = 0
    ) -> None:
        self.fd = _load(prog_type, attach_type, hook, retval)

    def __enter__(self) -> int:
        return self.fd

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)


def _link(program: int, kind: str, attach_type: int, target: int = 0, tail: bytes = b"") -> None:
    os.close(create(WHAT, kind, (program, target, attach_type, 0), tail))


def _perf_event(program: int, kind: str, event: int) -> None:
    import fcntl

    try:
        fcntl.ioctl(event, IOC_SET_BPF, program)
    except OSError as error:
        number = error.errno or 0
        raise NotSupported(WHAT, os.strerror(number), errno=number, call=kind) from None
    finally:
        os.close(event)


def _kprobe() -> None:
    pmu = host.probe_pmu("kprobe")
    if pmu is None:
        raise NotSupported(WHAT, f"no {host.KPROBE_PMU}", errno=errno.ENOENT)
    name = ffi.new("char[]", FUNCTION.encode())
    with _Loaded(2) as program:
        address = int(ffi.cast("uintptr_t", name))
        event = open_perf_event(WHAT, "kprobe", (pmu.type, 0, address, 0))
        _perf_event(program, "kprobe", event)


def _kprobe_multi(kind: str, attach_type: int) -> None:
    name = ffi.new("char[]", FUNCTION.encode())
    names = ffi.new("char *[]", [name])
    tail = struct.pack("=IIQQQ", 0, 1, int(ffi.cast("uintptr_t", names)), 0, 0)
    with _Loaded(2, attach_type) as program:
        _link(program, kind, attach_type, tail=tail)


def _uprobe() -> None:
    from pyicmp.bpf.spec.executable import entry_offset

    pmu = host.probe_pmu("uprobe")
    if pmu is None:
        raise NotSupported(WHAT, f"no {host.PMU_FOLDER}/uprobe", errno=errno.ENOENT)
    path = ffi.new("char[]", b"/proc/self/exe")
    with _Loaded(2) as program:
        place = (int(ffi.cast("uintptr_t", path)), entry_offset("/proc/self/exe"))
        event = open_perf_event(WHAT, "uprobe", (pmu.type, 0, *place), pid=os.getpid(), cpu=-1)
        _perf_event(program, "uprobe", event)


def _tracepoint() -> None:
    from pyicmp.bpf.attach.tracepoint import PERF_TYPE_TRACEPOINT, number_of

    number = number_of(WHAT, f"task/{TRACEPOINT}")
    with _Loaded(5) as program:
        event = open_perf_event(WHAT, "tracepoint", (PERF_TYPE_TRACEPOINT, number, 0, 0))
        _perf_event(program, "tracepoint", event)


def _perf_link() -> None:
    with _Loaded(7) as program:
        event = open_perf_event(
            WHAT, "perf_event", (1, 0, 0, 0), pid=os.getpid(), cpu=-1, period=1 << 62
        )
        try:
            _link(program, "perf_event", 41, event, struct.pack("=Q", 0))
        finally:
            os.close(event)


def _raw_tp() -> None:
    with _Loaded(17) as program:
        _open(program, "raw_tp", ffi.new("char[]", TRACEPOINT.encode()))


def _tracing(kind: str, attach_type: int, hook: str, prog_type: int = 26) -> None:
    if kind == "lsm":
        require_lsm(WHAT)
    with _Loaded(prog_type, attach_type, hook) as program:
        if kind == "iter":
            _link(program, kind, attach_type)
        else:
            _open(program, kind, ffi.NULL)


def _open(program: int, kind: str, name: object) -> None:
    call = f"bpf(BPF_RAW_TRACEPOINT_OPEN, {kind})"
    os.close(check(WHAT, lib.bpf_raw_tracepoint_open, name, program, call=call))


def _elsewhere(trial: Callable[[], None]) -> None:
    """Run *trial* in a thread that has a network namespace of its own."""
    from threading import Thread

    failures: list[BaseException] = []

    def run() -> None:
        try:
            if lib.unshare(CLONE_NEWNET):
                raise NotSupported(WHAT, "no network namespace to try in", errno=ffi.errno)
            trial()
        except BaseException as error:
            failures.append(error)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def _network(kind: str, prog_type: int, attach_type: int, retval: int, tail: bytes = b"") -> None:
    def trial() -> None:
        with _Loaded(prog_type, attach_type, retval=retval) as program:
            _link(program, kind, attach_type, 0 if tail else LOOPBACK, tail)

    _elsewhere(trial)


def _namespace(kind: str, prog_type: int, attach_type: int, retval: int) -> None:
    def trial() -> None:
        fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            with _Loaded(prog_type, attach_type, retval=retval) as program:
                _link(program, kind, attach_type, fd)
        finally:
            os.close(fd)

    _elsewhere(trial)


def _netkit() -> None:
    """A kernel that has netkit minds that the loopback interface is none."""
    try:
        _network("netkit", 3, 54, -1)
    except BpfError as error:
        if error.errno != errno.ENXIO:
            raise


def _cgroup(kind: str, prog_type: int, attach_type: int, hook: str = "") -> None:
    if kind == "lsm_cgroup":
        require_lsm(WHAT)
    with open("/proc/self/mounts", encoding="utf-8") as file:
        mounts = [line.split()[1] for line in file if line.split()[2] == "cgroup2"]
    if not mounts:
        raise NotSupported(WHAT, "no cgroup2 file system is mounted", errno=errno.ENOENT)
    fd = os.open(mounts[0], os.O_RDONLY | os.O_CLOEXEC)
    try:
        with _Loaded(prog_type, attach_type, hook, retval=1) as program:
            _link(program, kind, attach_type, fd)
    finally:
        os.close(fd)


def make_arena(number: int) -> bool:
    """Make a map of one page that programs and processes share; raise as ``check`` does."""
    attr = struct.pack("=IIIII", number, 0, 0, 1, F_MMAPABLE)
    call = "bpf(BPF_MAP_CREATE, arena)"
    os.close(check(WHAT, lib.pyicmp_bpf, MAP_CREATE, attr, len(attr), call=call))
    return True


def counts_locked_memory() -> bool:
    """Tell whether BPF memory counts as locked: whoever may lock none then gets no map."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    attr = struct.pack("=IIII", ARRAY, 4, 8, 1)
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, limits[1]))
    try:
        fd = lib.pyicmp_bpf(MAP_CREATE, attr, len(attr))
    finally:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, limits)
    if fd >= 0:
        os.close(fd)
    return bool(fd < 0)


def token_exists() -> bool:
    """Tell whether the kernel knows BPF_TOKEN_CREATE: it then minds the bad descriptor."""
    attr = struct.pack("=II", 0, 0xFFFFFFFF)
    try:
        os.close(check(WHAT, lib.pyicmp_bpf, TOKEN_CREATE, attr, len(attr)))
    except BpfError as error:
        return error.errno == errno.EBADF
    return True


TRIALS: dict[str, Callable[[], None]] = {
    "kprobe": _kprobe,
    "kprobe.multi": partial(_kprobe_multi, "kprobe.multi", 42),
    "kprobe.session": partial(_kprobe_multi, "kprobe.session", 56),
    "fentry": partial(_tracing, "fentry", 24, FUNCTION),
    "fexit": partial(_tracing, "fexit", 25, FUNCTION),
    "tracepoint": _tracepoint,
    "raw_tp": _raw_tp,
    "tp_btf": partial(_tracing, "tp_btf", 23, TRACEPOINT),
    "uprobe": _uprobe,
    "perf_link": _perf_link,
    "lsm": partial(_tracing, "lsm", 27, LSM_HOOK, 29),
    "iter": partial(_tracing, "iter", 28, ITERATOR),
    "xdp": partial(_network, "xdp", 6, 37, 2),
    "tcx": partial(_network, "tcx", 3, 46, -1),
    "netkit": _netkit,
    "netfilter": partial(_network, "netfilter", 32, 45, 1, struct.pack("=IIiI", 2, 1, 0, 0)),
    "sk_lookup": partial(_namespace, "sk_lookup", 30, 36, 1),
    "flow_dissector": partial(_namespace, "flow_dissector", 22, 17, 0),
    "cgroup": partial(_cgroup, "cgroup", 8, 1),
    "lsm_cgroup": partial(_cgroup, "lsm_cgroup", 29, 43, LSM_HOOK),
}
