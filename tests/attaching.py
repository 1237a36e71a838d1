"""Each way to attach, tried for real: the hook is met, and the program's count must show it."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pyicmp import bpf

NETKIT = "netkit0"
OBJECT = Path(__file__).parents[1] / "build" / "tests" / "attach.bpf.o"
# The order of enum in tests/bpf/attach.bpf.c.
COUNTS = (
    "kprobe", "kretprobe", "kprobe_multi", "fentry", "fexit", "tracepoint", "raw_tp", "tp_btf",
    "uprobe", "uretprobe", "xdp", "tc", "cgroup", "netfilter", "lsm", "perf_event", "usdt",
    "kprobe_session", "netkit", "sk_lookup", "flow_dissector", "lsm_cgroup",
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


def make_a_socket() -> None:
    socket.socket().close()


def connect_to_nobody() -> None:
    """A first packet, for which the kernel looks for a listening socket."""
    with socket.socket() as one:
        one.connect_ex(("127.0.0.1", 1))


def send_frame(interface: str = "lo") -> None:
    """Send an empty IPv4 packet: the kernel dissects what comes from a packet socket."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM) as one:
        packet = b"\x45" + bytes(2) + b"\x14" + bytes(4) + b"\x40\x01" + bytes(10)
        one.sendto(packet, (interface, 0x0800))


@contextmanager
def netkit() -> Iterator[str]:
    """Give the name of a netkit interface; of another, if this kernel has none."""
    add = ["ip", "link", "add", NETKIT, "type", "netkit", "peer", "name", f"{NETKIT}-peer"]
    if subprocess.run(add, capture_output=True, check=False).returncode:
        yield "lo"
        return
    try:
        for end in (NETKIT, f"{NETKIT}-peer"):
            subprocess.run(["ip", "link", "set", end, "up"], check=True)
        yield NETKIT
    finally:
        subprocess.run(["ip", "link", "delete", NETKIT], check=True)


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
    Case("on_kprobe_session", "kprobe.session", ping),
    Case("on_netkit", "netkit", lambda: send_frame(NETKIT), interface="netkit"),
    Case("on_sk_lookup", "sk_lookup", connect_to_nobody),
    Case("on_sk_lookup", "sk_lookup", connect_to_nobody, netns="/proc/self/ns/net"),
    Case("on_flow_dissector", "flow_dissector", send_frame),
    Case("on_lsm_cgroup", "lsm_cgroup", make_a_socket, cgroup="root"),
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
    with ExitStack() as stack, bpf.open(OBJECT) as opened:
        if options.get("interface") == "netkit":
            options["interface"] = stack.enter_context(netkit())
        for other in opened.programs.values():
            other.autoload = other.name == case.program
        with opened.load() as obj, obj.maps["hits"].mmap() as counts:

            def hits() -> int:
                place = 8 * COUNTS.index(case.program.removeprefix("on_"))
                return int(struct.unpack_from("=Q", counts, place)[0])

            with obj.programs[case.program].attach(**options) as link:
                yield link, hits


def replaced() -> tuple[int, int, int]:
    """Return what a program returns before, while and after a function of it is replaced."""
    path = OBJECT.parent / "replace.bpf.o"
    with bpf.open(path) as opened, bpf.open(path) as other:
        other.programs["whole"].autoload = False
        other.programs["other_verdict"].autoload = True
        with opened.load() as obj:
            whole = obj.programs["whole"]
            other.programs["other_verdict"].set_attach_target("verdict", whole)
            results = [whole.test_run(data=bytes(64)).retval]
            with other.load() as loaded, loaded.programs["other_verdict"].attach():
                results.append(whole.test_run(data=bytes(64)).retval)
            results.append(whole.test_run(data=bytes(64)).retval)
            return results[0], results[1], results[2]


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
