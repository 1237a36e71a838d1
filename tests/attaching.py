"""Each way to attach, tried for real: the hook is met, and the program's count must show it."""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyicmp import bpf

OBJECT = Path(__file__).parents[1] / "build" / "tests" / "attach.bpf.o"
# The order of enum in tests/bpf/attach.bpf.c.
COUNTS = (
    "kprobe", "kretprobe", "kprobe_multi", "fentry", "fexit", "tracepoint", "raw_tp", "tp_btf",
    "uprobe", "uretprobe", "xdp", "tc", "cgroup", "netfilter", "lsm", "perf_event", "usdt",
)  # fmt: skip


def libbpf_version() -> tuple[int, ...]:
    from pyicmp.bpf._native import lib
    from pyicmp.bpf.call import string

    return tuple(map(int, string(lib.libbpf_version_string()).lstrip("v").split(".")))


def ping() -> None:
    subprocess.run(["ping", "-q", "-c1", "-W1", "127.0.0.1"], check=True, capture_output=True)


def work() -> None:
    sum(range(5_000_000))


def open_a_file() -> None:
    Path("/proc/self/comm").read_text()


def cgroup_root() -> str:
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    return next(line.split()[1] for line in mounts if line.split()[2] == "cgroup2")


class Case:
    """A program, how it is attached, what meets its hook, and which feature it takes."""

    def __init__(self, program: str, feature: str, meet: Callable[[], object], **options: Any):
        self.program, self.feature, self.meet, self.options = program, feature, meet, options

    def __repr__(self) -> str:
        return "-".join([self.program, *map(str, self.options.values())]).replace("/", "_")


LIBC = {"binary": "libc.so.6", "function": "getppid"}
CASES = [
    Case("on_kprobe", "kprobe", ping),
    Case("on_kprobe", "kprobe", ping, function="ip_rcv_core"),
    Case("on_kretprobe", "kprobe", ping),
    Case("on_kprobe_multi", "kprobe.multi", ping),
    Case("on_kprobe_multi", "kprobe.multi", ping, function=["ip_rcv", "icmp_rcv"]),
    Case("on_kprobe_multi", "kprobe.multi", ping, kind="kretprobe.multi"),
    Case("on_fentry", "fentry", ping),
    Case("on_fexit", "fexit", ping),
    Case("on_tracepoint", "tracepoint", ping),
    Case("on_raw_tp", "raw_tp", ping),
    Case("on_tp_btf", "tp_btf", ping),
    Case("on_uprobe", "uprobe", os.getppid, **LIBC),
    Case("on_uprobe", "uprobe", os.getppid, **LIBC, pid=os.getpid()),
    Case("on_uretprobe", "uprobe", os.getppid),
    Case("on_xdp", "xdp", ping, interface="lo", mode="skb"),
    Case("on_tc", "tcx", ping, interface="lo", by="tcx"),
    Case("on_tc", "xdp", ping, interface="lo"),
    Case("on_tc", "xdp", ping, interface="lo", by="clsact"),
    Case("on_tc", "xdp", ping, interface="lo", by="clsact", direction="egress"),
    Case("on_cgroup", "cgroup", ping, cgroup="root"),
    Case("on_netfilter", "netfilter", ping),
    Case("on_lsm", "lsm", open_a_file),
    Case("on_perf_event", "iter", work, period=100_000),
    Case("on_perf_event", "iter", work, frequency=999, pid=os.getpid()),
]


@contextmanager
def loaded(program: str) -> Iterator[bpf.Program]:
    """Give one program of the object, in the kernel, with ``hits`` to read its count by."""
    with bpf.open(OBJECT) as opened:
        for other in opened.programs.values():
            other.autoload = other.name == program
        with opened.load() as obj:
            yield obj.programs[program]


@contextmanager
def attached(case: Case) -> Iterator[tuple[bpf.Link, Callable[[], int]]]:
    """Give the case's link, and a function that tells how often the program ran."""
    options = dict(case.options)
    if options.get("cgroup") == "root":
        options["cgroup"] = cgroup_root()
    with bpf.open(OBJECT) as opened:
        for other in opened.programs.values():
            other.autoload = other.name == case.program
        with opened.load() as obj, obj.maps["hits"].mmap() as counts:

            def hits() -> int:
                place = 8 * COUNTS.index(case.program.removeprefix("on_"))
                return int(struct.unpack_from("=Q", counts, place)[0])

            with obj.programs[case.program].attach(**options) as link:
                yield link, hits


def usdt_sums(**options: Any) -> tuple[int, int]:
    """Meet the USDT point of ``build/tests/point`` once; return its count and its argument."""
    point = OBJECT.parent / "point"
    with bpf.open(OBJECT.parent / "usdt.bpf.o") as opened, opened.load() as obj:
        given = {"binary": point, "provider": "pyicmp", "name": "point", **options}
        with obj.maps["sums"].mmap() as sums, obj.programs["on_usdt"].attach(**given):
            subprocess.run([point], check=True)
            first, second = struct.unpack_from("=2Q", sums)
            return int(first), int(second)


def bpf_descriptors() -> list[str]:
    """Return what BPF and perf descriptors this process holds."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if "bpf" in target or "perf_event" in target:
            found.append(target)
    return sorted(found)


def filters(interface: str = "lo") -> str:
    """Return the qdiscs and filters at *interface*, as ``tc`` tells them."""
    said = ""
    for what in (["qdisc", "show"], ["filter", "show"]):
        tail = ["ingress"] if what[0] == "filter" else []
        said += subprocess.run(
            ["tc", *what, "dev", interface, *tail], capture_output=True, text=True, check=False
        ).stdout
    return said
