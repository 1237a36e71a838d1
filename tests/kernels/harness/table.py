"""The kernels and root file systems there are: data only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

COMPILED_CONFIG = Path(__file__).with_name("compiled.config")
"""What kernels that are compiled here have."""


class HarnessError(Exception):
    """Something the reader has to act on; the message is one line unless it shows a console."""


@dataclass(frozen=True)
class Machine:
    """How QEMU emulates one architecture, and the guest's names of its two serial ports.

    ``report_args`` make the second port of QEMU's character device ``report``; ``modules`` are
    what drives it. ``made`` is the folder of what ``make`` made for it, laid out as the checkout.
    """

    qemu: str
    args: tuple[str, ...]
    console: str
    report: str
    report_args: tuple[str, ...]
    modules: tuple[str, ...] = ()
    made: str = ""


@dataclass(frozen=True)
class Source:
    """A distribution's package of kernel sources, and what is done to them before compiling.

    ``edits`` are files with a sed script for each; ``config`` is added to ``compiled.config``.
    """

    release: str
    version: str
    url: str
    sha256: str
    edits: tuple[tuple[str, str], ...] = ()
    config: str = ""


@dataclass(frozen=True)
class Kernel:
    """One kernel series: the newest ``flavour`` image in the first of ``suites`` that has one.

    Suites in one inner tuple are equals (the newest wins); later tuples are fallbacks.
    A kernel that is not ``common`` boots only for the test files that name it. One with a
    ``source`` is compiled.
    """

    series: str
    prefix: str
    suites: tuple[tuple[str, ...], ...]
    root: str
    flavour: str = "cloud-amd64"
    arch: str = "amd64"
    aliases: tuple[str, ...] = ()
    common: bool = True
    source: Source | None = None


@dataclass(frozen=True)
class Root:
    """One root file system: a suite and the packages unpacked from it.

    ``hide_libbpf`` keeps libbpf off the library path (iproute2 links to it), so that the
    root proves what works without one.
    """

    name: str
    suite: str
    packages: tuple[str, ...]
    hide_libbpf: bool = False
    arch: str = "amd64"

    @property
    def compiles(self) -> bool:
        """Whether something in it compiles against the kernel's headers."""
        return "python3-bpfcc" in self.packages


def _other(arch: str, qemu: str, console: str, board: str, cpu: str) -> Machine:
    """A machine with one serial port: virtio gives it another."""
    return Machine(
        qemu=f"qemu-system-{qemu}",
        args=("-machine", f"{board},accel=tcg", "-cpu", cpu),
        console=console,
        report="hvc0",
        report_args=("-device", "virtio-serial", "-device", "virtconsole,chardev=report"),
        modules=("virtio_pci", "virtio_console"),
        made=f"build/machines/{arch}",
    )


MACHINES = {
    "amd64": Machine(
        qemu="qemu-system-x86_64",
        args=("-machine", "q35,accel=tcg", "-cpu", "max"),
        console="ttyS0",
        report="ttyS1",
        report_args=("-serial", "chardev:report"),
    ),
    "arm64": _other("arm64", "aarch64", "ttyAMA0", "virt", "cortex-a57"),
    # With QEMU 7.2's vector instructions the kernel computes wrong checksums.
    "s390x": _other("s390x", "s390x", "ttysclp0", "s390-ccw-virtio", "qemu,vx=off,vxeh=off"),
    "riscv64": _other("riscv64", "riscv64", "ttyS0", "virt", "rv64"),
}


def _stable(suite: str) -> tuple[tuple[str, ...], ...]:
    return ((suite, f"{suite}-updates", f"{suite}-security"),)


# 5.10, cut down to what 5.4 offers to BPF programs: no ring buffers, no helper after the last one
# of 5.4 (their names leave the enum, and what follows its end is refused), none of the later
# commands (batches, links), arrays that cannot be mapped, no global functions, and a verifier that
# does not know what is in .rodata. Without network namespaces, GCC 12 makes
# ip_rcv_core.constprop.0 of ip_rcv_core.
_CUT = Source(
    "5.10.223",
    "5.10.223-1",
    "http://deb.debian.org/debian/pool/main/l/linux/linux-source-5.10_5.10.223-1_all.deb",
    "f733d27d239d65598d96d7a72f71ac50f49f2380192a1b3b4ca2f5ad5144dd63",
    edits=(
        ("include/linux/bpf_types.h", "/BPF_MAP_TYPE_RINGBUF/d"),
        ("kernel/bpf/arraymap.c", "s/BPF_F_MMAPABLE | //"),
        ("kernel/bpf/btf.c", "s/vlen(t) > BTF_FUNC_GLOBAL/vlen(t) > BTF_FUNC_STATIC/"),
        ("kernel/bpf/verifier.c", "s/bpf_map_is_rdonly(map) &&/false \\&\\& &/"),
        (
            "kernel/bpf/syscall.c",
            r"/^SYSCALL_DEFINE3(bpf,/,/^}/ s/^\tint err;$/&\n\n\tif (cmd > BPF_BTF_GET_NEXT_ID)"
            r"\n\t\treturn -EINVAL;/",
        ),
        (
            "include/uapi/linux/bpf.h",
            r"s/^\tFN(tcp_gen_syncookie),.*/&\n\n#define __BPF_FUNC_LATER(FN) \\/;"
            r"s/^\t__BPF_FUNC_MAX_ID,$/&\n};\nenum {\n\t__BPF_FUNC_LAST = __BPF_FUNC_MAX_ID - 1,"
            r"\n\t__BPF_FUNC_LATER(__BPF_ENUM_FN)/",
        ),
    ),
    config="CONFIG_NET_NS=n\n",
)


def _elsewhere(series: str, suite: str, arch: str, flavour: str) -> Kernel:
    root = "trixie" if arch == "riscv64" else "bookworm"  # the first release that has it
    return Kernel(
        f"{arch}-{series}", f"{series}.", ((suite,),), f"{root}:{arch}", flavour, arch, common=False
    )


KERNELS = (
    Kernel("5.10-cut", "5.10.", (), "bookworm", common=False, source=_CUT),
    Kernel("5.10", "5.10.", _stable("bullseye"), "bookworm"),
    Kernel("6.1", "6.1.", _stable("bookworm"), "bookworm"),
    Kernel("6.12", "6.12.", _stable("trixie"), "trixie"),
    Kernel("6.12-rt", "6.12.", _stable("trixie"), "trixie", flavour="rt-amd64", common=False),
    Kernel("7.x", "7.", (("sid",), ("forky",)), "trixie", aliases=("7",)),
    _elsewhere("6.1", "bookworm", "arm64", "cloud-arm64"),
    _elsewhere("6.12", "trixie", "arm64", "cloud-arm64"),
    _elsewhere("6.12", "trixie", "s390x", "s390x"),
    _elsewhere("6.12", "trixie", "riscv64", "riscv64"),
)

_SMALL = (
    *("base-files", "bash", "dash", "coreutils", "findutils", "mount", "util-linux", "sed", "grep"),
    *("mawk", "tar", "gzip", "procps", "kmod", "iproute2", "iputils-ping", "tcpdump"),
    *("python3", "python3-pytest", "libc-bin"),
)
_FULL = (
    *("python3-cffi-backend", "python3-pyelftools", "libbpf1"),
    *("strace", "libcap2-bin", "nftables", "xz-utils"),
)

ROOTS = {
    root.name: root
    for suite in ("bookworm", "trixie")
    for root in (
        Root(suite, suite, _SMALL + _FULL),
        Root(f"bare:{suite}", suite, (*_SMALL, "python3-pip", "ca-certificates"), hide_libbpf=True),
        Root(f"peers:{suite}", suite, (*_SMALL, *_FULL, "python3-bpfcc", "bpftrace")),
    )
}
ROOTS |= {
    kernel.root: Root(kernel.root, kernel.root.partition(":")[0], _SMALL + _FULL, arch=kernel.arch)
    for kernel in KERNELS
    if kernel.arch != "amd64"
}
# One suite for all kernels, so that the other decoders are always of one version.
ROOTS["oracles"] = Root("oracles", "bookworm", _SMALL + _FULL + ("tshark", "python3-scapy"))

MODULES = (
    "kernel/net/",
    "kernel/drivers/net/veth",
    "kernel/drivers/net/dummy",
    "kernel/drivers/net/tun",
    "kernel/drivers/net/tap",
    "kernel/drivers/net/ifb",
    "kernel/drivers/net/vrf",
    "kernel/drivers/net/macvlan",
    "kernel/drivers/net/ipvlan",
    "kernel/drivers/net/vxlan",
    "kernel/drivers/net/geneve",
    "kernel/drivers/net/gre",
    "kernel/drivers/net/bonding",
    "kernel/drivers/net/team",
    "kernel/drivers/net/netkit",
    "kernel/drivers/net/wireguard",
    "kernel/crypto/crc32c",  # nf_tables looks for it at run time
    "kernel/drivers/char/virtio_console",
    "kernel/drivers/virtio/virtio_pci",
)
"""Module paths (beginnings) that guests get, with whatever they depend on."""


def kernel_named(name: str) -> Kernel:
    """The kernel whose series, alias or version prefix is ``name`` ("7.2" is the 7.x one)."""
    for kernel in KERNELS:
        if name == kernel.series or name in kernel.aliases:
            return kernel
    for kernel in KERNELS:
        if kernel.aliases and name.startswith(kernel.prefix):
            return kernel
    known = ", ".join(kernel.series for kernel in KERNELS)
    raise HarnessError(f"no kernel {name!r} here (known: {known})")


def root_for(kernel: Kernel, name: str = "") -> Root:
    """The root called ``name`` (``trixie``, ``bare:trixie``), else the kernel's own.

    ``bare`` and ``peers`` alone are those of the kernel's own suite.
    """
    full = f"{name}:{kernel.root}" if name in ("bare", "peers") else name or kernel.root
    if full not in ROOTS:
        raise HarnessError(f"no root {name!r} here (known: {', '.join(ROOTS)})")
    return ROOTS[full]
