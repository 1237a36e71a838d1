"""Names without their flavour: ``task_struct___old`` stands for ``task_struct``."""

from __future__ import annotations

__all__ = ["FLAVOUR", "essential", "same_kind", "same_name"]

from pyicmp.bpf.btf import kinds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.btf.kinds import Type

FLAVOUR = "___"


def essential(name: str) -> str:
    """
    Return *name* without its flavour: what follows the last ``___`` between other characters.

    Example:
        >>> essential("task_struct___old"), essential("___x"), essential("a____b")
        ('task_struct', '___x', 'a____b')
    """
    for at in range(len(name) - 5, -1, -1):
        if name[at + 1 : at + 4] == FLAVOUR and name[at] != "_" and name[at + 4] != "_":
            return name[: at + 1]
    return name


def same_name(local: str, target: str) -> bool:
    """Tell whether two names are the same but for their flavours."""
    return essential(local) == essential(target)


def same_kind(local: Type, target: Type) -> bool:
    """Tell whether two types are of one kind; enums of 32 and 64 bits are."""
    if isinstance(local, kinds.Enum):
        return isinstance(target, kinds.Enum)
    return type(local) is type(target)
