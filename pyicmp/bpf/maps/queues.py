"""Maps without keys: queues, stacks and bloom filters."""

from __future__ import annotations

import errno as errnos

from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.maps.access import Access
from pyicmp.bpf.maps.refusal import refusal
from pyicmp.errors import BpfError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["Bloom", "Queue"]

BPF_EXIST = 2


class _Keyless(Access):
    def _failure(self, wanted: str, result: int, function: Callable[..., int]) -> BpfError:
        what = f"cannot {wanted} {self.map.name}"
        return refusal(what, -result, function.__name__, self.info, self.map.fileno())

    def _write(self, wanted: str, value: Any, flags: int) -> None:
        raw = self.value.pack(value)
        result = lib.bpf_map_update_elem(self.map.fileno(), ffi.NULL, raw, flags)
        if result < 0:
            raise self._failure(wanted, result, lib.bpf_map_update_elem)


class Queue(_Keyless):
    """First in, first out; a stack is last in, first out."""

    instead = "push(), pop() and peek() it"

    def push(self, value: Any, overwrite: bool) -> None:
        """Add a value; *overwrite* drops the oldest of a full one."""
        self._write("push to", value, BPF_EXIST if overwrite else 0)

    def pop(self) -> Any:
        """Take out the next value, or raise IndexError."""
        return self._read("pop from", lib.bpf_map_lookup_and_delete_elem)

    def peek(self) -> Any:
        """Return the next value, or raise IndexError."""
        return self._read("peek at", lib.bpf_map_lookup_elem)

    def _read(self, wanted: str, function: Callable[..., int]) -> Any:
        value = bytearray(self.value.size)
        result = function(self.map.fileno(), ffi.NULL, ffi.from_buffer(value))
        if result == -errnos.ENOENT:
            raise IndexError(f"cannot {wanted} {self.map.name}; it is empty")
        if result < 0:
            raise self._failure(wanted, result, function)
        return self.value.unpack(value, 0)

    def clear(self) -> None:
        """Take out everything."""
        try:
            while True:
                self.pop()
        except IndexError:
            pass


class Bloom(_Keyless):
    """A set that may hold what was never added, and never lacks what was."""

    instead = "add() to it, and ask with in"

    def add(self, value: Any) -> None:
        """Add to the set."""
        self._write("add to", value, 0)

    def contains(self, key: Any) -> bool:
        """Tell whether *key* may have been added."""
        raw = bytearray(self.value.pack(key))
        fd = self.map.fileno()
        result = lib.bpf_map_lookup_elem(fd, ffi.NULL, ffi.from_buffer(raw))
        if result < 0 and result != -errnos.ENOENT:
            raise self._failure("ask", result, lib.bpf_map_lookup_elem)
        return result == 0
