"""The one owner of a libbpf object, shared by all that is reached through it."""

from __future__ import annotations

from pyicmp.bpf import fork
from pyicmp.bpf._native import ffi, lib
from pyicmp.errors import LifecycleError, ObjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf._native import CData
    from pyicmp.bpf.btf.reader import Btf
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
        self._btf: Btf | None = None
        self._closed = "it is closed"
        fork.closes_in_child(self)

    @property
    def btf(self) -> Btf:
        """The object's own BTF; ObjectError if it has none."""
        if self._btf is None:
            from pyicmp.bpf.btf.reader import Btf

            self.require_pointer()
            size = ffi.new("uint32_t *")
            raw = lib.btf__raw_data(lib.bpf_object__btf(self.pointer), size)
            if not raw:
                raise ObjectError(
                    f"refused object {self.name}", "it has no BTF", "compile it with -g"
                )
            self._btf = Btf(bytes(ffi.buffer(raw, size[0])))
        return self._btf

    def require_open(self) -> None:
        """Raise LifecycleError unless the object can still be edited."""
        self.require_pointer()
        if self.loaded:
            raise LifecycleError(
                f"cannot change {self.name}", "it is loaded", "change it before load()"
            )

    def require_loaded(self) -> None:
        """Raise LifecycleError unless the object is in the kernel."""
        self.require_pointer()
        if not self.loaded:
            raise LifecycleError(f"cannot use {self.name}", "it is not loaded", "call load() first")

    def require_pointer(self) -> None:
        """Raise LifecycleError if the object is closed."""
        if not self.pointer:
            raise LifecycleError(f"cannot use {self.name}", self._closed, "open it again")

    def after_fork(self) -> None:
        """In a child: close its descriptors, so that only the parent keeps all in the kernel."""
        self._closed = fork.CHILD
        for link in self.links:  # not closed: that could detach the parent's
            link.after_fork()
        self.links.clear()
        self.close()

    def close(self) -> None:
        """Detach what is attached, and free the object; a second call does nothing."""
        for link in list(self.links):
            link.close()
        pointer, self.pointer = self.pointer, ffi.NULL
        if pointer:
            lib.bpf_object__close(pointer)
