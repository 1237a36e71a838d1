"""The one owner of a libbpf object, shared by all that is reached through it."""

from __future__ import annotations

from pyicmp.bpf._native import ffi, lib
from pyicmp.errors import LifecycleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf._native import CData
    from pyicmp.bpf.link import Link

__all__ = ["Handle"]


class Handle:
    """
    A ``struct bpf_object`` and the phase that it is in.

    Attributes:
        pointer: libbpf's object; NULL once closed.
        name: What errors call it.
        loaded: Whether it is in the kernel.
        data: The bytes that it was opened from, where errors look for source lines.
        links: What is attached through it, to be detached with it.
        targets: The hooks that were chosen for programs, beside those of their sections.
    """

    def __init__(self, pointer: CData, name: str) -> None:
        self.pointer, self.name = pointer, name
        self.loaded = False
        self.data = b""
        self.links: set[Link] = set()
        self.targets: dict[str, str] = {}

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
            raise LifecycleError(f"cannot use {self.name}", "it is closed", "open it again")

    def close(self) -> None:
        """Detach what is attached, and free the object; a second call does nothing."""
        for link in list(self.links):
            link.close()
        pointer, self.pointer = self.pointer, ffi.NULL
        if pointer:
            lib.bpf_object__close(pointer)
