"""Network namespaces: from what people call them to inodes, and back."""

from __future__ import annotations

import os

from pyicmp.errors import UsageError

__all__ = ["netns_inode", "netns_name"]

# Where ip-netns(8) keeps names; docker keeps its own.
FOLDERS = ("/run/netns", "/run/docker/netns")
_names: dict[int, str] = {}


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
    raise UsageError(
        f"there is no network namespace {text!r}",
        f"neither in {FOLDERS[0]} nor as a process",
        "give self, all, a name, a process's number, or inode:N",
    )


def netns_name(inode: int) -> str | None:
    """Return what a network namespace is called; None if it has no name (any more)."""
    if inode not in _names:
        _names.update(_named())
        _names.setdefault(inode, "")  # looked for once: a trace asks for each line
    return _names[inode] or None


def _named() -> dict[int, str]:
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
