"""A program's attachment to a hook."""

from __future__ import annotations

from pyicmp.bpf._native import ffi, lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf._native import CData

__all__ = ["Link"]


class Link:
    """
    One attachment; it ends with ``close()``, the ``with`` block, or the process.

    Attributes:
        function: The kernel function or tracepoint that was really attached to.
    """

    def __init__(self, pointer: CData, function: str) -> None:
        self._pointer = pointer
        self.function = function

    def fileno(self) -> int:
        """Return the link's file descriptor."""
        return lib.bpf_link__fd(self._pointer)

    def close(self) -> None:
        """Detach; a second call does nothing."""
        pointer, self._pointer = self._pointer, ffi.NULL
        if pointer:
            lib.bpf_link__destroy(pointer)

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
