"""``View``: opens, loads, attaches, reads, and lets everything go again: what live views share."""

from __future__ import annotations

import os
from mmap import PAGESIZE

from pyicmp.bpf.fork import closes_in_child
from pyicmp.errors import LifecycleError, NotSupported, UsageError
from pyicmp.icmp import shipped
from pyicmp.icmp.attachment import Attachment, attach
from pyicmp.icmp.hooks import WAYS
from pyicmp.icmp.loop import MAX_RECORDS, Loop, Seen, Some
from pyicmp.icmp.transport import Transport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypedDict, TypeVar

    from pyicmp import bpf
    from pyicmp.icmp.request import Request
    from pyicmp.icmp.stats import Stats

    Path = str | os.PathLike[str]
    Self = TypeVar("Self", bound="View[Any, Any]")

    class ViewArguments(TypedDict, total=False):
        """The arguments of ``View`` beside the request, for those who hand them on."""

        object: Path | None
        btf: Path | None
        buffer: int


__all__ = ["BUFFER_LEN", "MAX_RECORDS", "View"]

BUFFER_LEN = 8 << 20
BUFFER_LEN_MAX = 1 << 30


class View(Loop[Seen, Some]):
    """
    A live view of this host: records of the rings that a request names, and what is made of them.

    A view is a subclass with ``decode``; its request says which hooks and which rings it takes.

    Args:
        request: What is asked for.
        attach: One of the request's ways to attach, or ``auto``: the first that works.
        object: Path of another prebuilt object than the shipped one.
        btf: Path of the kernel's BTF, for kernels that offer none themselves.
        buffer: Size of each ring buffer, bytes; made up to a power of two, and to a page at least.

    Attributes:
        request: What is asked for.
        buffer_len: The ring buffers' real size, bytes.
        plan: How it was attached and what failed before, once open: ``plan.explain()``.
        stop_fd: Readable once ``stop()`` was called; below zero after ``close()``.

    Raises:
        UsageError: An argument cannot be meant.

    A loop over it that ends early, by ``break`` or by an exception, leaves the rest to the next.
    """

    def __init__(
        self,
        request: Request,
        *,
        attach: str = "auto",
        object: Path | None = None,  # noqa: A002 - the flag's name
        btf: Path | None = None,
        buffer: int = BUFFER_LEN,
    ) -> None:
        if attach != "auto" and attach not in WAYS:
            raise UsageError(
                f"no way to attach is called {attach}", f"there are auto, {', '.join(WAYS)}"
            )
        if not 0 < buffer <= BUFFER_LEN_MAX:
            raise UsageError(f"no buffer can be {buffer} bytes", "it takes 1 byte to 1 GiB")
        if attach not in ("auto", *request.ways()):
            ways = " or ".join(request.ways())
            raise UsageError(f"cannot {request.purpose} by {attach}", "", f"try {ways}")
        super().__init__()
        self.request = request
        self.buffer_len = max(PAGESIZE, 1 << (buffer - 1).bit_length())
        self.plan: bpf.Plan[Attachment] | None = None
        self._transport: Transport | None = None
        self._way, self._object, self._btf = attach, object, btf
        self._attachment: Attachment | None = None
        self.stop_fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        closes_in_child(self)

    def begin(self, attachment: Attachment) -> None:
        """Get ready to decode what comes from here: called once all is attached."""

    def unseen(self) -> list[str]:
        """Return what cannot be seen on this kernel: a line for each cause."""
        return [
            f"without {hook.name}, not seen is {hook.loses}: {error.why}"
            for hook, error in self.attachment.missing
            if hook.loses
        ]

    def open(self) -> None:
        """
        Load and attach: from its return on, what comes is recorded.

        Raises:
            NotPermitted, NotSupported: No way to attach worked; each is named.
            ObjectError: The object is missing, damaged, or not for this machine.
        """
        path = shipped.object_path() if self._object is None else os.fspath(self._object)
        sha256 = shipped.object_sha256() if self._object is None else None
        self._transport = Transport(self.buffer_len)
        self.plan = attach(self._way, path, sha256, self._btf, self._transport, self.request)
        self._attachment = self._choose(self.plan)
        self.begin(self._attachment)

    def _choose(self, plan: bpf.Plan[Attachment]) -> Attachment:
        try:
            return plan.choose()
        except NotSupported as error:
            if not self.request.otherwise or not self.transport.is_ring:
                raise
            raise NotSupported(
                f"cannot {self.request.purpose}",
                f"that takes fentry and fexit: {error.why}",
                self.request.otherwise,
                errno=error.errno or 0,
                call=error.call,
                log=error.log,
            ) from None

    @property
    def attachment(self) -> Attachment:
        """What is attached."""
        if self._attachment is None:
            raise self._not_open()
        return self._attachment

    @property
    def transport(self) -> Transport:
        """What the records come through; after ``close()``, what they came through."""
        if self._transport is None:
            raise self._not_open()
        return self._transport

    def _not_open(self) -> LifecycleError:
        what = f"cannot {self.request.purpose}"
        return LifecycleError(what, "it is not open", "use it in a with block")

    @property
    def stats(self) -> Stats:
        """The first ring's ledger up to now; after ``close()``, that of the whole run."""
        if self._attachment is not None:
            self._count(self._attachment)
            self._stats.missed = self._attachment.missed
        return self._stats

    def stop(self) -> None:
        """End the iteration: from a signal handler, or from another thread."""
        if self.stop_fd >= 0:
            os.eventfd_write(self.stop_fd, 1)

    def close(self) -> None:
        """Detach and free everything; a second call does nothing."""
        if self._attachment is not None:
            self._attachment.detach()
            self._stats = self.stats
            self._attachment.close()
            self._attachment = None
        stop_fd, self.stop_fd = self.stop_fd, -1
        if stop_fd >= 0:
            os.close(stop_fd)

    def __enter__(self: Self) -> Self:
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self: Self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def after_fork(self) -> None:
        """In a child: what it has is the parent's, and stop() must not stop that."""
        stop_fd, self.stop_fd = self.stop_fd, -1
        attachment, self._attachment = self._attachment, None
        if attachment is not None:
            attachment.after_fork()
        if stop_fd >= 0:
            os.close(stop_fd)
