"""The one owner of a libbpf object, shared by all that is reached through it."""

from __future__ import annotations

from pyicmp.bpf import fork
from pyicmp.bpf._native import ffi, lib
from pyicmp.errors import LifecycleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf._native import CData

__all__ = ["Handle"]


class Handle:
    """
    A ``struct bpf_object`` and the phase that it is in.

    Attributes:
        pointer: libbpf's object; NULL once closed.
        name: What errors call it.
        loaded: Whether it is in the kernel.
    """

    def __init__(self, pointer: CData, name: str) -> None:
        self.pointer, self.name = pointer, name
        self.loaded = False
        self._closed = "it is closed"
        fork.closes_in_child(self)

    def require_open(self) -> None:
        """Raise LifecycleError unless the object can still be edited."""
        self._require_pointer()
        if self.loaded:
            raise LifecycleError(
                f"cannot change {self.name}", "it is loaded", "change it before load()"
            )

    def require_loaded(self) -> None:
        """Raise LifecycleError unless the object is in the kernel."""
        self._require_pointer()
        if not self.loaded:
            raise LifecycleError(f"cannot use {self.name}", "it is not loaded", "call load() first")

    def _require_pointer(self) -> None:
        if not self.pointer:
            raise LifecycleError(f"cannot use {self.name}", self._closed, "open it again")

    def after_fork(self) -> None:
        """In a child: close its descriptors, so that only the parent keeps all in the kernel."""
        self._closed = fork.CHILD
        self.close()

    def close(self) -> None:
        """Free the object; a second call does nothing."""
        pointer, self.pointer = self.pointer, ffi.NULL
        if pointer:
            lib.bpf_object__close(pointer)
