"""For which machine, and of which kernel, a BTF is."""

from __future__ import annotations

from pyicmp.bpf.btf import kinds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.btf.reader import Btf

__all__ = ["kernel_note", "machine_name", "machine_of", "noted_kernel"]

NAMES = {"aarch64": "arm64", "amd64": "x86_64"}
# struct (or a name for one) and members that tell for which machine registers are laid out
REGISTERS = (
    ("pt_regs", {"ax", "di", "si", "rax", "rdi"}, "x86_64"),
    ("user_pt_regs", {"gprs"}, "s390x"),
    ("user_pt_regs", {"regs"}, "arm64"),
    ("user_regs_struct", {"a0"}, "riscv64"),
)
# a string that no type uses: readers pass over it, and the set of types stays what it is
NOTE = "pyicmp: of kernel "


def machine_name(machine: str) -> str:
    """Return what is called so here, of a machine as ``uname -m`` names it."""
    return NAMES.get(machine, machine)


def machine_of(btf: Btf | None) -> str | None:
    """Return the machine whose registers are in *btf* (``"x86_64"``, ``"arm64"`` …), if any."""
    for name, members, machine in REGISTERS:
        named = btf.find(name) if btf else None
        found = btf.resolve(named) if btf and named else None
        if isinstance(found, kinds.Struct) and members & {member.name for member in found.members}:
            return machine
    return None


def kernel_note(release: str, machine: str) -> str:
    """Return the string by which a cut BTF says of which kernel it is."""
    return f"{NOTE}{release} {machine}"


def noted_kernel(btf: Btf) -> tuple[str, str] | None:
    """Return release and machine that a cut BTF was noted with, or ``None``."""
    for at in btf.offsets_beginning(NOTE):
        release, _, machine = btf.string(at).removeprefix(NOTE).partition(" ")
        return release, machine
    return None
