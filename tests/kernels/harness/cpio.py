"""Writing ``newc`` cpio archives, the format that a kernel unpacks as its first root."""

from __future__ import annotations

import os
import stat
import tarfile
from pathlib import Path
from typing import BinaryIO

_TAR_KINDS = {
    tarfile.REGTYPE: stat.S_IFREG,
    tarfile.AREGTYPE: stat.S_IFREG,
    tarfile.DIRTYPE: stat.S_IFDIR,
    tarfile.SYMTYPE: stat.S_IFLNK,
    tarfile.CHRTYPE: stat.S_IFCHR,
    tarfile.BLKTYPE: stat.S_IFBLK,
    tarfile.FIFOTYPE: stat.S_IFIFO,
}


class Cpio:
    """A cpio archive being written; archives can be put one after the other."""

    def __init__(self, out: BinaryIO) -> None:
        """Write to ``out``, from where it stands."""
        self._out = out
        self._inode = 0
        self._made: set[str] = set()

    def __enter__(self) -> Cpio:
        """Nothing to set up."""
        return self

    def __exit__(self, *_: object) -> None:
        """Write the closing record."""
        self._entry("TRAILER!!!", 0)
        self._out.write(bytes(-self._out.tell() % 512))

    def _entry(
        self,
        name: str,
        mode: int,
        data: bytes = b"",
        mtime: int = 0,
        owner: tuple[int, int] = (0, 0),
    ) -> None:
        self._inode += 1
        path = name.encode() + b"\0"
        fields = (self._inode, mode, *owner, 1, mtime, len(data), 0, 0, 0, 0, len(path), 0)
        header = b"070701" + b"".join(b"%08x" % field for field in fields) + path
        self._out.write(header + bytes(-len(header) % 4) + data + bytes(-len(data) % 4))

    def folder(self, name: str, mode: int = 0o755) -> None:
        """Add a folder and the folders above it, each once."""
        if name in ("", ".") or name in self._made:
            return
        self.folder(os.path.dirname(name))
        self._made.add(name)
        self._entry(name, stat.S_IFDIR | mode)

    def file(self, name: str, data: bytes, mode: int = 0o644, mtime: int = 0) -> None:
        """Add a file, and its folders if they are not there yet."""
        self.folder(os.path.dirname(name))
        self._entry(name, stat.S_IFREG | mode, data, mtime)

    def link(self, name: str, target: str) -> None:
        """Add a symbolic link."""
        self.folder(os.path.dirname(name))
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def path(self, name: str, source: Path) -> None:
        """Add the file or symbolic link ``source`` under the name ``name``."""
        info = source.lstat()
        if stat.S_ISLNK(info.st_mode):
            self.link(name, os.readlink(source))
        else:
            self.file(name, source.read_bytes(), info.st_mode & 0o7777, int(info.st_mtime))

    def member(self, tar: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> None:
        """Add a member of a tar archive; hard links become copies."""
        source = tar.getmember(member.linkname) if member.islnk() else member
        kind = _TAR_KINDS.get(source.type)
        if kind is None or kind in (stat.S_IFCHR, stat.S_IFBLK):
            return
        data = b""
        if kind == stat.S_IFREG:
            body = tar.extractfile(source)
            data = body.read() if body else b""
        elif kind == stat.S_IFLNK:
            data = source.linkname.encode()
        elif kind == stat.S_IFDIR:
            self._made.add(name)
        owner = (source.uid, source.gid)
        self._entry(name, kind | source.mode, data, int(source.mtime), owner)
