"""A program's attachment to a hook."""

from __future__ import annotations

import os

from pyicmp.bpf import fork
from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.call import check
from pyicmp.errors import LifecycleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import io
    from collections.abc import Sequence

    from pyicmp.bpf.program import Program

__all__ = ["Link", "LinkInfo"]


class LinkInfo:
    """
    What the kernel says of a link.

    Attributes:
        id: The link's number in this kernel.
        type: The kernel's name for its type: ``perf_event``, ``tracing``, ``xdp`` …
        prog_id: The number of the program that runs.
    """

    __slots__ = ("id", "prog_id", "type")

    def __init__(self, id: int, type: str, prog_id: int) -> None:  # noqa: A002 - kernel's names
        self.id, self.type, self.prog_id = id, type, prog_id

    def __repr__(self) -> str:
        return f"<LinkInfo {self.id} {self.type} of program {self.prog_id}>"


class Link:
    """
    One attachment; it ends with ``close()``, the ``with`` block, its object, or the process.

    A pinned link goes on after that. A classic tc filter (``kind`` ``tc``) is no link to the
    kernel: it outlives a process that is killed, and can be neither pinned nor asked about.

    Args:
        fd: The descriptor, which the link takes over; below zero if it has none.
        function: What it is attached to.
        kind: How: ``kprobe``, ``tcx`` …
        links: Where the open links of its object are listed.
        more: Further descriptors of the same attachment, one a CPU.

    Attributes:
        function: The kernel function, tracepoint, interface … that was really attached to.
        kind: How: ``kretprobe``, ``xdp`` …
        pinned: The paths of its pins made here.

    Example:
        >>> with program.attach() as link:  # doctest: +SKIP
        ...     link.info
        <LinkInfo 7 tracing of program 24>
    """

    def __init__(
        self,
        fd: int,
        function: str,
        kind: str = "",
        links: set[Link] | None = None,
        more: Sequence[int] = (),
    ) -> None:
        self.function, self.kind = function, kind
        self.pinned: list[str] = []
        self._fd, self._more, self._open = fd, tuple(more), True
        self._links = set() if links is None else links
        self._links.add(self)
        fork.closes_in_child(self)

    def __repr__(self) -> str:
        return f"<Link {self.kind} {self.function}{'' if self._open else ' (closed)'}>"

    @classmethod
    def from_pin(cls, path: str | os.PathLike[str]) -> Link:
        """
        Open a link that was pinned, by whichever process.

        Raises:
            BpfError: Nothing is pinned there (ENOENT), or no BPF object (EPERM, EACCES).
        """
        name = os.fspath(path)
        fd = check(f"cannot open pinned link {name}", lib.bpf_obj_get, os.fsencode(path))
        return cls._reopened(fd, name)

    @classmethod
    def from_id(cls, link_id: int) -> Link:
        """
        Open a link by its number in this kernel (``info.id``).

        Raises:
            BpfError: There is none (ENOENT), or CAP_SYS_ADMIN is missing (EPERM).
        """
        fd = check(f"cannot open link {link_id}", lib.bpf_link_get_fd_by_id, link_id)
        return cls._reopened(fd, f"link {link_id}")

    @classmethod
    def _reopened(cls, fd: int, function: str) -> Link:
        link = cls(fd, function)
        try:
            link.kind = link.info.type
        except BaseException:
            link.close()
            raise
        return link

    def fileno(self) -> int:
        """
        Return the file descriptor.

        Raises:
            LifecycleError: The link is closed, or is of a kind that has none (tc, usdt).
        """
        if not self._open:
            raise LifecycleError(f"cannot use the link to {self.function}", "it is closed")
        if self._fd < 0:
            raise LifecycleError(
                f"cannot use the link to {self.function}",
                f"a {self.kind} attachment is no link to the kernel",
                "attach it another way" if self.kind == "usdt" else "attach it by tcx",
            )
        return self._fd

    @property
    def info(self) -> LinkInfo:
        """
        What the kernel says of it.

        Raises:
            BpfError: It is no link to this kernel: perf events are none before Linux 5.15.
        """
        from pyicmp.bpf.kernel_info import link_type, read_info

        info = read_info(f"the link to {self.function}", self.fileno())
        return LinkInfo(info.number(4, 4) or 0, link_type(info), info.number(8, 4) or 0)

    @property
    def missed(self) -> int | None:
        """
        How often the kernel could not run the program though the probe was hit.

        None if it cannot say: it counts that for kprobe links, from Linux 6.7 on.
        """
        if self._open and self._fd < 0:
            return None
        from pyicmp.bpf.kernel_info import link_missed, read_info
        from pyicmp.errors import BpfError

        try:
            return link_missed(read_info(f"the link to {self.function}", self.fileno()))
        except BpfError:
            return None

    def pin(self, path: str | os.PathLike[str]) -> None:
        """
        Give it a name in a BPF file system; then it stays when everyone closed it.

        Args:
            path: A name that is not there yet, in a mounted ``bpf`` file system.

        Raises:
            BpfError: It is there (EEXIST), or its folder is no BPF file system (EPERM).
        """
        name = os.fspath(path)
        what = f"cannot pin the link to {self.function} at {name}"
        check(what, lib.bpf_obj_pin, self.fileno(), os.fsencode(path))
        self.pinned.append(name)

    def unpin(self) -> None:
        """Remove the pins that this link made; it stays attached until it is closed."""
        while self.pinned:
            os.unlink(self.pinned.pop())

    def update(self, program: Program) -> None:
        """
        Put *program* in the place of the one that runs, without a gap.

        Raises:
            BpfError: It is of another type, or links of this kind cannot be updated (EINVAL).
        """
        what = f"cannot put {program.name} into the link to {self.function}"
        check(what, lib.bpf_link_update, self.fileno(), program.fileno(), ffi.NULL)

    def open(self) -> io.FileIO:
        """Run an iterator from its start: a file of what the program prints."""
        import io

        what = f"cannot read the iterator over {self.function}"
        return io.FileIO(check(what, lib.bpf_iter_create, self.fileno()))

    def read(self) -> bytes:
        """
        Run an iterator's program once over all there is; return all that it printed.

        Raises:
            BpfError: It is no iterator (EINVAL).
        """
        with self.open() as file:
            return file.readall()

    def close(self) -> None:
        """Detach, unless it is pinned; a second call does nothing."""
        if self._open:
            self._open = False
            self._links.discard(self)
            self._detach()

    def after_fork(self) -> None:
        """In a child: close its descriptors alone; the attachment stays the parent's."""
        if self._open:
            self._open = False
            for fd in (self._fd, *self._more):
                if fd >= 0:
                    os.close(fd)

    def _detach(self) -> None:
        for fd in (self._fd, *self._more):
            os.close(fd)

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
