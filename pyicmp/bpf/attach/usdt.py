"""usdt: the static points that a program or library was built with."""

from __future__ import annotations

import os

from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.attach.uprobe import find_binary
from pyicmp.bpf.call import pointer
from pyicmp.bpf.link import Link
from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf._native import CData
    from pyicmp.bpf.program import Program

__all__ = ["attach"]


def attach(
    program: Program,
    kind: str,
    *,
    binary: str | os.PathLike[str] | None = None,
    provider: str | None = None,
    name: str | None = None,
    pid: int = -1,
) -> Link:
    """
    Attach to a USDT point; the object must be built with libbpf's ``usdt.bpf.h``.

    That header and the libbpf in use share a struct: made with one before libbpf 1.7 and run
    with 1.7 or later, the point is met but ``bpf_usdt_arg()`` reads 0.

    Args:
        program: The program.
        kind: ``usdt``.
        binary: Path of the program or library, or a library's name; else the section's, which
            reads ``usdt/path:provider:name``.
        provider: The point's provider.
        name: The point's name.
        pid: One process; else all.
    """
    path, _, rest = (program.target or "").partition(":")
    section_provider, _, section_name = rest.partition(":")
    wanted = os.fspath(binary) if binary is not None else path
    provider, name = provider or section_provider, name or section_name
    if not (wanted and provider and name):
        raise UsageError(
            f"cannot attach {program.name}",
            "binary, provider and name of a USDT point are needed",
            "write SEC('usdt/path:provider:name'), or give them here",
        )
    found = find_binary(program, wanted)
    hook = f"{found}:{provider}:{name}"
    link = pointer(
        f"cannot attach {program.name} to {hook}",
        lib.bpf_program__attach_usdt,
        program.pointer,
        pid,
        found.encode(),
        provider.encode(),
        name.encode(),
        ffi.NULL,
    )
    return _Usdt(link, hook, kind, program.links)


class _Usdt(Link):
    """Several uprobes and two maps, which libbpf keeps together."""

    def __init__(self, pointer: CData, hook: str, kind: str, links: set[Link]) -> None:
        super().__init__(-1, hook, kind, links)
        self._pointer = pointer

    def _detach(self) -> None:
        lib.bpf_link__destroy(self._pointer)
