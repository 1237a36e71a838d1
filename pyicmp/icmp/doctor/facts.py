"""The kernel, its BTF, and what this process may do: facts that are read, not tried."""

from __future__ import annotations

import os

from pyicmp.bpf import host
from pyicmp.bpf.kernel_btf import PATH, find_kernel_btf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["btf", "privileges"]


def btf(given: str | None, object_path: str) -> dict[str, str] | None:
    """
    Return the BTF file that a run would use and where it is from; None if there is none.

    Args:
        given: What the user named, or None.
        object_path: The object, beside which there may be one.
    """
    if given is not None:
        return {"path": given, "from": "--btf"}
    if host.has_btf():
        return {"path": host.KERNEL_BTF, "from": "the kernel"}
    found = find_kernel_btf(object_path)
    if found is None:
        return None
    beside = os.path.dirname(found) == os.path.dirname(object_path)
    return {"path": found, "from": "beside the object" if beside else PATH}


def privileges() -> dict[str, Any]:
    """Return the capabilities held and lacking by name, and what else limits this process."""
    known = host.capabilities()
    return {
        "held": [name for name, held in known.items() if held],
        "lacking": [name for name, held in known.items() if not held],
        "user_namespace": host.in_user_namespace(),
        "seccomp": host.seccomp() or None,
        "memlock": host.memlock_limit(),
    }
