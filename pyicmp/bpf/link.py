"""A program's attachment to a hook."""

from __future__ import annotations

import os

from pyicmp.bpf import fork
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
        fork.closes_in_child(self)

    def fileno(self) -> int:
        """Return the link's file descriptor."""
        return lib.bpf_link__fd(self._pointer)

    def after_fork(self) -> None:
        """In a child: close the descriptor alone, since to detach would detach the parent's."""
        pointer, self._pointer = self._pointer, ffi.NULL
        if pointer:
            os.close(lib.bpf_link__fd(pointer))

    def close(self) -> None:
        """Detach; a second call does nothing."""
        pointer, self._pointer = self._pointer, ffi.NULL
        if pointer:
            lib.bpf_link__destroy(pointer)

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
