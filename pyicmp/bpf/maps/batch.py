"""
Many elements with one call each way (BPF_MAP_*_BATCH, Linux 5.6), else one by one.

What the kernel can do is found by trying. Listing yields each element once that is there all
the time, whatever else comes and goes meanwhile.
"""

from __future__ import annotations

import errno as errnos

from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.maps.types import STEADY
from pyicmp.errors import LifecycleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyicmp.bpf.maps.elements import Elements

    # keys end to end, values end to end, how many
    Chunk = tuple[bytes, bytes, int]

__all__ = ["clear", "read", "write"]

COUNT, COUNT_BYTES = 4096, 1 << 20
# How much longer than the map a walk may get before it is given up.
DETOURS = 16


def _count(elements: Elements) -> int:
    fit = COUNT_BYTES // (elements.key.size + elements.value.size)
    return max(1, min(elements.info.max_entries or COUNT, COUNT, fit))


def read(elements: Elements) -> Iterator[Chunk]:
    """Yield all elements, many at a time."""
    chunks = _read(elements)
    return chunks if elements.info.type in STEADY else _once(elements, chunks)


def _read(elements: Elements) -> Iterator[Chunk]:
    key_size, value_size = elements.key.size, elements.value.size
    count, place, number = _count(elements), ffi.NULL, ffi.new("uint32_t *")
    while True:
        keys, values = bytearray(count * key_size), bytearray(count * value_size)
        number[0], following = count, ffi.from_buffer(bytearray(max(4, key_size)))
        to, fd = (ffi.from_buffer(keys), ffi.from_buffer(values)), elements.map.fileno()
        result = lib.bpf_map_lookup_batch(fd, place, following, to[0], to[1], number, ffi.NULL)
        if result == -errnos.ENOSPC and count <= 2 * elements.info.max_entries:
            count *= 2  # a bucket holds more than that
            continue
        if result not in (0, -errnos.ENOENT):
            break
        got = number[0]
        if got:
            some = memoryview(keys)[: got * key_size], memoryview(values)[: got * value_size]
            yield bytes(some[0]), bytes(some[1]), got
        if result:
            return
        place = following
    if place and elements.info.type in STEADY:
        raise elements.failure("list", result, lib.bpf_map_lookup_batch)
    yield from _walk(elements)


def _walk(elements: Elements) -> Iterator[Chunk]:
    for key in _walk_keys(elements):
        value = elements.read(key)
        if value is not None:
            yield key, bytes(value), 1


def _walk_keys(elements: Elements) -> Iterator[bytes]:
    """Yield keys; the kernel begins anew whenever the last one is gone, so some come again."""
    seen: set[bytes] = set()
    key: bytes | None = None
    repeated = 0
    while repeated <= DETOURS * (len(seen) + 64):
        following = bytearray(elements.key.size)
        result = lib.bpf_map_get_next_key(
            elements.map.fileno(), ffi.NULL if key is None else key, ffi.from_buffer(following)
        )
        if result == -errnos.ENOENT:
            return
        if result < 0:
            raise elements.failure("list", result, lib.bpf_map_get_next_key)
        key = bytes(following)
        if key in seen:
            repeated += 1
        else:
            seen.add(key)
            yield key
    raise LifecycleError(f"cannot list {elements.map.name}", "it changes faster than it is read")


def _once(elements: Elements, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Leave out what came before."""
    size, width = elements.key.size, elements.value.size
    seen: set[bytes] = set()
    repeated = 0
    for keys, values, count in chunks:
        for n in range(count):
            key = keys[n * size : (n + 1) * size]
            if key not in seen:
                seen.add(key)
                yield key, values[n * width : (n + 1) * width], 1
            else:
                repeated += 1
        if repeated > DETOURS * (len(seen) + 64):
            why = "it changes faster than it is read"
            raise LifecycleError(f"cannot list {elements.map.name}", why)


def write(elements: Elements, pairs: list[tuple[bytes, bytes]]) -> None:
    """Set all, in order; the first that cannot be set is an error."""
    size = _count(elements)
    for start in range(0, len(pairs), size):
        some = pairs[start : start + size]
        keys, values = (b"".join(column) for column in zip(*some, strict=True))
        number = ffi.new("uint32_t *", len(some))
        fd = elements.map.fileno()
        if lib.bpf_map_update_batch(fd, keys, values, number, ffi.NULL) < 0:
            # whether batches are unknown or one element is refused: one by one tells
            for key, value in some:
                elements.write(key, value)


def clear(elements: Elements) -> None:
    """Delete what is there when it begins."""
    size = elements.key.size
    for keys, _, count in read(elements):
        number = ffi.new("uint32_t *", count)
        if lib.bpf_map_delete_batch(elements.map.fileno(), keys, number, ffi.NULL) < 0:
            for at in range(0, count * size, size):
                elements.remove(keys[at : at + size])
