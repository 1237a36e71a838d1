"""Network namespaces: from what people call them to inodes, and back."""

from __future__ import annotations

import os
from time import monotonic

from pyicmp.errors import UsageError
from pyicmp.icmp.cgroup import container_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["netns_container", "netns_inode", "netns_name"]

# Where ip-netns(8) keeps names; docker keeps its own.
FOLDERS = ("/run/netns", "/run/docker/netns")
PROC = "/proc"
NAMES_KEPT, CONTAINERS_KEPT = 1.0, 10.0  # seconds; the second takes a look at each process


def netns_inode(text: str) -> int | None:
    """
    Return the inode of a network namespace; None means all.

    Args:
        text: ``self``, ``all``, a name as in ``ip netns``, a process's number, or ``inode:N``.

    Raises:
        UsageError: There is none such.
    """
    if text == "all":
        return None
    kind, _, number = text.partition(":")
    if kind == "inode" and number.isascii() and number.isdigit():
        return int(number)
    paths = [f"{folder}/{text}" for folder in FOLDERS]
    if text == "self" or (text.isascii() and text.isdigit()):
        paths.insert(0, f"/proc/{text}/ns/net")
    if "/" not in text and text not in ("", ".", ".."):
        for path in paths:
            try:
                return os.stat(path).st_ino
            except OSError:
                continue
    raise UsageError(f"no network namespace {text!r}", "", "give a name, a PID or inode:N")


def netns_name(inode: int) -> str | None:
    """Return what a network namespace is called; None if it has no name (any more)."""
    return _named.find(inode)


def netns_container(inode: int) -> str | None:
    """Return the container whose network namespace it is; None if no process in it tells."""
    return _in_containers.find(inode)


class _Labels:
    """
    What network namespaces are called, by inode.

    Args:
        look: Returns what is known just now.
        kept: How long that is believed, seconds: inodes of dead namespaces are used again.
    """

    def __init__(self, look: Callable[[], dict[int, str]], kept: float) -> None:
        self._look, self._kept = look, kept
        self._labels: dict[int, str] = {}
        self._until = 0.0

    def find(self, inode: int) -> str | None:
        """Return what it is called; None if that is not known."""
        now = monotonic()
        if now > self._until:
            self._labels, self._until = {}, now + self._kept
        if inode not in self._labels:
            self._labels.update(self._look())
            self._labels.setdefault(inode, "")  # looked for once: a trace asks for each line
        return self._labels[inode] or None


def _names() -> dict[int, str]:
    names: dict[int, str] = {}
    for folder in FOLDERS:
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        for entry in entries:
            try:
                names[os.stat(entry.path).st_ino] = entry.name
            except OSError:  # removed meanwhile
                continue
    return names


def _containers() -> dict[int, str]:
    """Return the container of the eldest process in each namespace; the host's is of none."""
    containers: dict[int, str] = {}
    for pid in sorted(int(name) for name in os.listdir(PROC) if name.isdigit()):
        try:
            inode = os.stat(f"{PROC}/{pid}/ns/net").st_ino
            if inode not in containers:
                with open(f"{PROC}/{pid}/cgroup", errors="replace") as text:
                    containers[inode] = container_id(text.read()) or ""
        except OSError:  # ended meanwhile, or not ours to look at
            continue
    return containers


_named, _in_containers = _Labels(_names, NAMES_KEPT), _Labels(_containers, CONTAINERS_KEPT)
