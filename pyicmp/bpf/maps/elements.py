"""Maps with keys: one element at a time here, many at a time in ``batch``."""

from __future__ import annotations

import errno as errnos

from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.hints import ENOTSUPP
from pyicmp.bpf.maps import batch
from pyicmp.bpf.maps.access import Access
from pyicmp.bpf.maps.refusal import refusal
from pyicmp.bpf.maps.types import FIXED, INDEXED
from pyicmp.errors import BpfError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

__all__ = ["Elements"]

ABSENT = -errnos.ENOENT
# What a kernel says that cannot do a call at all, or not with this type.
UNKNOWN = (-errnos.EINVAL, -ENOTSUPP, -errnos.EOPNOTSUPP)


class Elements(Access):
    """Hash tables, arrays, tries, storage: whatever has keys."""

    def failure(self, wanted: str, result: int, function: Callable[..., int]) -> BpfError:
        """Return the exception for a *function* of libbpf that returned *result*, below zero."""
        what = f"cannot {wanted} {self.map.name}"
        return refusal(what, -result, function.__name__, self.info, self.map.fileno())

    def read(self, key: bytes) -> bytearray | None:
        """Return the bytes of a value, or None if there is none."""
        value = bytearray(self.value.size)
        result = lib.bpf_map_lookup_elem(self.map.fileno(), key, ffi.from_buffer(value))
        if result == ABSENT:
            return None
        if result < 0:
            raise self.failure("read", result, lib.bpf_map_lookup_elem)
        return value

    def write(self, key: bytes, value: bytes, flags: int = 0) -> bool:
        """Set the bytes of a value; tell whether it could be, by *flags* and what was there."""
        result = lib.bpf_map_update_elem(self.map.fileno(), key, value, flags)
        if result < 0 and result != ABSENT:
            raise self.failure("write to", result, lib.bpf_map_update_elem)
        return result == 0

    def remove(self, key: bytes) -> bool:
        """Delete a key; tell whether it was there."""
        result = lib.bpf_map_delete_elem(self.map.fileno(), key)
        if result < 0 and result != ABSENT:
            raise self.failure("delete from", result, lib.bpf_map_delete_elem)
        return result == 0

    def lookup(self, key: Any) -> Any:
        """Return the value of *key*, or raise KeyError."""
        value = self.read(self.key.pack(key))
        if value is None:
            raise KeyError(key)
        return self.value.unpack(value, 0)

    def contains(self, key: Any) -> bool:
        """Tell whether *key* is there."""
        return self.read(self.key.pack(key)) is not None

    def update(self, key: Any, value: Any, flags: int) -> None:
        """Set the value of *key*; *flags* as in bpf(2)."""
        if not self.write(self.key.pack(key), self.value.pack(value), flags):
            raise KeyError(key)

    def update_all(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Set many, each checked before the first is set."""
        pack_key, pack_value = self.key.pack, self.value.pack
        batch.write(self, [(pack_key(key), pack_value(value)) for key, value in pairs])

    def delete(self, key: Any) -> None:
        """Take out *key*, or raise KeyError."""
        self._require_removable("delete from")
        if not self.remove(self.key.pack(key)):
            raise KeyError(key)

    def _require_removable(self, wanted: str) -> None:
        if self.info.type in FIXED:
            self.instead = "its elements are always there: set them to zero"
            raise self._refuse(wanted)

    def take(self, key: Any) -> Any:
        """Take out *key* and return its value, in one step where the kernel can."""
        self._require_removable("pop from")
        raw, value = self.key.pack(key), bytearray(self.value.size)
        result = lib.bpf_map_lookup_and_delete_elem(self.map.fileno(), raw, ffi.from_buffer(value))
        if result in UNKNOWN:  # before Linux 5.14 only queues had it; tries have it not yet
            found = self.read(raw)
            result = 0 if found is not None and self.remove(raw) else ABSENT
            value = found or value
        if result == ABSENT:
            raise KeyError(key)
        if result < 0:
            raise self.failure("pop from", result, lib.bpf_map_lookup_and_delete_elem)
        return self.value.unpack(value, 0)

    def clear(self) -> None:
        """Take out everything that is there when it begins."""
        self._require_removable("clear")
        batch.clear(self)

    def keys(self) -> Iterator[Any]:
        """Yield the keys."""
        unpack, size = self.key.unpack, self.key.size
        for keys, _, count in batch.read(self):
            for at in range(0, count * size, size):
                yield unpack(keys, at)

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Yield keys with values."""
        unpack_key, unpack_value = self.key.unpack, self.value.unpack
        key_size, value_size = self.key.size, self.value.size
        for keys, values, count in batch.read(self):
            for n in range(count):
                yield unpack_key(keys, n * key_size), unpack_value(values, n * value_size)

    def count(self) -> int:
        """Return how many elements there are: counted, unless they are always there."""
        if self.info.type in FIXED:
            return self.info.max_entries
        return sum(count for _, _, count in batch.read(self))

    def has_any(self) -> bool:
        """Tell whether there are elements."""
        if self.info.type in INDEXED:
            return self.info.type in FIXED or any(True for _ in self.keys())
        key = bytearray(self.key.size)
        fd = self.map.fileno()
        result = lib.bpf_map_get_next_key(fd, ffi.NULL, ffi.from_buffer(key))
        if result < 0 and result != ABSENT:
            raise self.failure("list", result, lib.bpf_map_get_next_key)
        return result == 0
