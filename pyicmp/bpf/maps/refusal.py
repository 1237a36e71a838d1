"""Why the kernel said no to a map call; causes that ``hints`` could not tell without the map."""

from __future__ import annotations

import errno as errnos
import os

from pyicmp.bpf import host
from pyicmp.bpf.hints import ENOTSUPP, bpf_error, errno_name
from pyicmp.bpf.maps.types import F_RDONLY, INDEXED
from pyicmp.errors import BpfError, NotPermitted, NotSupported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.maps.info import MapInfo

__all__ = ["refusal"]


def refusal(what: str, errno: int, call: str, info: MapInfo, fd: int) -> BpfError:
    """
    Return the exception for a failed call on a map's elements.

    Args:
        what: What was wanted, for the message's first part.
        errno: Positive error number.
        call: The libbpf function that failed.
        info: The map's facts.
        fd: Its descriptor.
    """
    kind, why, fix = _explain(errno, info, fd)
    if not why and errno in (errnos.EPERM, errnos.EACCES):
        return bpf_error(what, errno=errno, call=call)
    why = why or os.strerror(errno)
    return kind(what, f"{errno_name(errno)}: {why}", fix, errno=errno, call=call)


def _explain(errno: int, info: MapInfo, fd: int) -> tuple[type[BpfError], str, str]:
    if errno == errnos.E2BIG and info.type in INDEXED:
        return BpfError, f"it has {info.max_entries} elements", "set max_entries before load()"
    if errno == errnos.E2BIG:
        return (
            BpfError,
            f"it is full (max_entries {info.max_entries})",
            "set max_entries before load()",
        )
    if errno == errnos.EEXIST:
        return BpfError, "it is there already", "replace() it, or set it as in a dictionary"
    if errno in (ENOTSUPP, errnos.EOPNOTSUPP):
        return NotSupported, f"this kernel cannot do that with a map of type {info.type}", ""
    if errno == errnos.EPERM and _frozen(fd):
        return NotPermitted, "it is frozen: only programs may write to it", ""
    if errno == errnos.EPERM and info.flags & F_RDONLY:
        return NotPermitted, "its flag BPF_F_RDONLY forbids it", ""
    if errno == errnos.EBUSY:
        return BpfError, "its bucket is in use on this CPU", "try again"
    if errno == errnos.EINVAL:
        return BpfError, f"a map of type {info.type} does not take that", ""
    if errno == errnos.EBADF and info.type == "inode_storage" and not host.has_bpf_lsm():
        return NotSupported, "BPF is no active security module", "boot with lsm=…,bpf"
    if errno == errnos.EBADF:
        return BpfError, "no such file descriptor, or one of the wrong kind", ""
    return BpfError, "", ""


def _frozen(fd: int) -> bool:
    with open(f"/proc/self/fdinfo/{fd}", encoding="ascii") as file:
        return any(line.split() == ["frozen:", "1"] for line in file)
