"""cgroup/*, cgroup_skb/*, sockops, lsm_cgroup: the processes of a control group."""

from __future__ import annotations

import errno
import os

from pyicmp.bpf.attach.made import link_create
from pyicmp.bpf.attach.tracing import require_lsm
from pyicmp.errors import BpfError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.link import Link
    from pyicmp.bpf.program import Program

    Path = str | os.PathLike[str]

__all__ = ["attach"]


def attach(program: Program, kind: str, *, cgroup: Path | int | None = None) -> Link:
    """
    Attach to a control group and all below it, beside other programs there.

    Args:
        program: The program; its section says to what event.
        kind: Its section's kind.
        cgroup: Path of a folder in cgroup2's file system, or a descriptor of one.
    """
    if cgroup is None:
        raise UsageError(
            f"cannot attach {program.name}",
            "no control group is named",
            "give one: attach(cgroup='/sys/fs/cgroup/…')",
        )
    if kind == "lsm_cgroup":
        require_lsm(f"cannot attach {program.name} to {program.target}")
    said = f"cgroup {cgroup if isinstance(cgroup, int) else os.fspath(cgroup)}"
    fd = os.dup(cgroup) if isinstance(cgroup, int) else _open(program, cgroup)
    try:
        return link_create(program, kind, said, program.expected_attach_type, target=fd)
    except BpfError as error:
        if error.errno != errno.EBADF:
            raise
        raise UsageError(
            f"cannot attach {program.name} to {said}", "that is no folder of cgroup2"
        ) from None
    finally:
        os.close(fd)


def _open(program: Program, path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(
            f"cannot attach {program.name} to cgroup {os.fspath(path)}", str(error.strerror)
        ) from None
