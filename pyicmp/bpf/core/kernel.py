"""A kernel, as far as its BTF tells of it."""

from __future__ import annotations

import re
from functools import cached_property

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.core.names import FLAVOUR, essential, same_kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.btf.kinds import Func, Type
    from pyicmp.bpf.btf.reader import Btf

__all__ = ["Kernel"]


class Kernel:
    """
    A kernel.

    Args:
        name: What reports call it; its release, if that stands in it.
        btf: Its types.

    Attributes:
        version: ``LINUX_KERNEL_VERSION`` as its name tells, or ``None``: BTF holds none.
    """

    def __init__(self, name: str, btf: Btf) -> None:
        self.name, self.btf = name, btf
        self.version = version_code(name)

    def candidates(self, local: Type) -> list[int]:
        """Return the types that may be what the object calls *local*: same kind, same name."""
        wanted = essential(local.name)
        offsets = {
            at
            for at in (
                *self.btf.string_offsets(wanted),
                *self.btf.offsets_beginning(wanted + FLAVOUR),
            )
            if essential(self.btf.string(at)) == wanted
        }
        found = sorted(n for at in offsets for n in self._by_name.get(at, ()))
        return [number for number in found if same_kind(local, self.btf.type(number))]

    @cached_property
    def _by_name(self) -> dict[int, list[int]]:
        """Ids of types by the offset of their name."""
        return self.btf.ids_by_name()

    def named(self, name: str) -> list[Type]:
        """Return the types of exactly this name."""
        return [
            self.btf.type(number)
            for at in self.btf.string_offsets(name)
            for number in self._by_name.get(at, ())
        ]

    def function(self, name: str) -> Func | None:
        """Return the function *name*, if BTF has it."""
        return next((one for one in self.named(name) if isinstance(one, kinds.Func)), None)

    @cached_property
    def has_functions(self) -> bool:
        """Whether there are functions at all: a BTF cut to what CO-RE needs has none."""
        return self.btf.has(kinds.Func)

    @cached_property
    def lazy(self) -> bool:
        """Whether global subprograms are verified only if called (Linux 6.8)."""
        notes = (one for one in self.named("bpf_func_info_aux") if isinstance(one, kinds.Struct))
        return any(member.name == "called" for one in notes for member in one.members)

    def enum(self, name: str) -> dict[str, int] | None:
        """Return the values of an enum, or ``None`` if BTF has it not."""
        enums = (one for one in self.named(name) if isinstance(one, kinds.Enum))
        found = next(enums, None)
        return found.values if found else None

    def __repr__(self) -> str:
        return f"<Kernel {self.name}>"


def version_code(name: str) -> int | None:
    """
    Return the number of a release named in *name*, as ``KERNEL_VERSION()`` makes it.

    Example:
        >>> hex(version_code("5.4.0-42-generic") or 0)
        '0x50400'
    """
    found = re.search(r"(?<![\d.])(\d{1,2})\.(\d{1,3})(?:\.(\d{1,5}))?", name.rpartition("/")[2])
    if found is None:
        return None
    major, minor, patch = (int(part or 0) for part in found.groups())
    return major << 16 | min(minor, 255) << 8 | min(patch, 255)
