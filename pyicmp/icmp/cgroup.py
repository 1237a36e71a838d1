"""Cgroups (v2): from an id to a path, and what a path tells of containers."""

from __future__ import annotations

import os
import re

from pyicmp.errors import UsageError

__all__ = ["cgroup_id", "cgroup_path", "container_id", "pod_uid"]

# The unified hierarchy: by itself, or beside the older ones.
ROOTS = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified")
_CONTAINER = re.compile(r"(?<![0-9a-f])([0-9a-f]{64})(?![0-9a-f])")
_POD = re.compile(r"pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})")
_paths: dict[int, str] = {}


def cgroup_path(number: int) -> str | None:
    """
    Return the path of the cgroup with this id, under its mount; None if there is none.

    The id is the inode of its folder (``bpf_get_current_cgroup_id``). Paths are kept, so that a
    cgroup that was seen once keeps its name when it is gone.
    """
    if number not in _paths:
        for root in ROOTS:
            if os.path.exists(f"{root}/cgroup.controllers"):
                _walk(root)
                break
        _paths.setdefault(number, "")
    return _paths[number] or None


def _walk(root: str) -> None:
    for folder, _, _ in os.walk(root):
        try:
            inode = os.stat(folder).st_ino
        except OSError:  # removed meanwhile
            continue
        _paths[inode] = folder[len(root) :] or "/"


def cgroup_id(path: str) -> int:
    """
    Return the id of a cgroup.

    Args:
        path: Its folder, or its path under the mount of the unified hierarchy.

    Raises:
        UsageError: There is no such cgroup.
    """
    for folder in (path, *(root + "/" + path.strip("/") for root in ROOTS)):
        if os.path.exists(f"{folder}/cgroup.procs"):
            return os.stat(folder).st_ino
    raise UsageError(f"no cgroup {path!r}", "", f"give a path under {ROOTS[0]}")


def container_id(path: str) -> str | None:
    """
    Return the container that a cgroup's path names: the last 64 hexadecimal digits in it.

    Example:
        >>> container_id("/system.slice/docker-" + 64 * "a" + ".scope") == 64 * "a"
        True
    """
    found: list[str] = _CONTAINER.findall(path)
    return found[-1] if found else None


def pod_uid(path: str) -> str | None:
    """
    Return the Kubernetes pod that a cgroup's path names.

    Example:
        >>> pod_uid("/kubepods-pod0123abcd_0123_4567_89ab_0123456789ab.slice")
        '0123abcd-0123-4567-89ab-0123456789ab'
    """
    found = _POD.search(path)
    return found[1].replace("_", "-") if found else None
