"""Maps that no object here holds: found by a pinned name or by number; pinning itself."""

from __future__ import annotations

import errno as errnos
import os

from pyicmp.bpf._native import lib
from pyicmp.bpf.call import check
from pyicmp.bpf.hints import bpf_error
from pyicmp.bpf.map import Map
from pyicmp.bpf.maps.info import kernel_layouts
from pyicmp.errors import BpfError, LifecycleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.btf.layout import Layout

__all__ = ["OpenedMap", "from_id", "from_pin", "pin", "unpin"]


class OpenedMap(Map):
    """A map with a descriptor of its own, typed by the BTF that the kernel keeps for it."""

    def __init__(self, fd: int, name: str) -> None:
        self._fd, self.name = fd, name
        self.name = self.info.name or name

    def fileno(self) -> int:
        """Return the map's file descriptor."""
        if self._fd < 0:
            raise LifecycleError(f"cannot use map {self.name}", "it is closed", "open it again")
        return self._fd

    def _read_layouts(self) -> tuple[Layout | None, Layout | None]:
        return kernel_layouts(self.info)

    def _extent(self) -> tuple[int, int]:
        return self.info.value_size, self.info.max_entries

    def _loaded_pin_path(self) -> str | None:
        return None

    def close(self) -> None:
        """Close the descriptor; a second call does nothing."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            self.close()


def from_pin(path: str | os.PathLike[str]) -> Map:
    """Open the map that is pinned at *path*."""
    what = f"cannot open map {os.fspath(path)}"
    fd = check(what, lib.bpf_obj_get, os.fsencode(path))
    # a program's facts would be read as a map's
    if os.readlink(f"/proc/self/fd/{fd}") != "anon_inode:bpf-map":
        os.close(fd)
        raise BpfError(what, "EINVAL: it is no map", errno=errnos.EINVAL, call="bpf_obj_get")
    opened = OpenedMap(fd, os.path.basename(path))
    opened._pin_path = os.fspath(path)
    return opened


def from_id(number: int) -> Map:
    """Open the map of that *number*."""
    what = f"cannot open map {number}"
    if not 0 <= number < 1 << 32:
        raise BpfError(what, "ENOENT: there is none", errno=errnos.ENOENT)
    fd = lib.bpf_map_get_fd_by_id(number)
    if fd == -errnos.ENOENT:
        raise BpfError(
            what, "ENOENT: there is none", errno=errnos.ENOENT, call="bpf_map_get_fd_by_id"
        )
    if fd < 0:
        raise bpf_error(what, errno=-fd, call="bpf_map_get_fd_by_id")
    return OpenedMap(fd, str(number))


def pin(of: Map, path: str | os.PathLike[str]) -> None:
    """Pin a map at *path*."""
    what, name = f"cannot pin {of.name} at {os.fspath(path)}", os.fspath(path)
    result = lib.bpf_obj_pin(of.fileno(), os.fsencode(path))
    if result == -errnos.EPERM and _filesystem(name) not in ("bpf", ""):
        raise BpfError(
            what,
            f"EPERM: it would be in a filesystem of type {_filesystem(name)}",
            "mount -t bpf bpf /sys/fs/bpf, and pin it there",
            errno=-result,
            call="bpf_obj_pin",
        )
    if result < 0:
        raise bpf_error(what, errno=-result, call="bpf_obj_pin")
    of._pin_path = name


def unpin(of: Map, path: str | os.PathLike[str] | None) -> None:
    """Remove the name *path* of a map, which must be its own."""
    name = of.pin_path if path is None else os.fspath(path)
    if name is None:
        raise LifecycleError(f"cannot unpin {of.name}", "it is not pinned")
    with from_pin(name) as pinned:
        if pinned.info.id != of.info.id:
            raise LifecycleError(f"cannot unpin {of.name}", f"{name} is another map")
    try:
        os.unlink(name)
    except OSError as error:
        raise bpf_error(f"cannot unpin {name}", errno=error.errno or 0, call="unlink") from None
    if name == of.pin_path:
        of._pin_path = None


def _filesystem(path: str) -> str:
    """Return the type of the filesystem that *path* is, or would be, in; empty if unknown."""
    real, found = os.path.realpath(path), ("", "")
    with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as mounts:
        for line in mounts:
            _, point, kind, *_ = line.split(" ")
            inside = real == point or real.startswith(point.rstrip("/") + "/")
            if inside and len(point) >= len(found[0]):
                found = point, kind
    return found[1]
