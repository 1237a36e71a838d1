"""Which calls reach the elements of which type of map; a type without a call says what it has."""

from __future__ import annotations

from pyicmp.bpf.maps import types
from pyicmp.bpf.maps.codec import Addresses, Codec, Descriptor, Index, PerCpu, Plain, Typed
from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.bpf.map import Map

__all__ = ["Access", "access_of"]


class Access:
    """
    What can be done with the elements of a map: nothing, before a subclass says how.

    Attributes:
        map: The map.
        info: Its facts.
        key: How keys are written.
        value: How values are written.
        instead: What errors tell to do instead.
    """

    instead = ""

    def __init__(self, of: Map, key: Codec, value: Codec) -> None:
        self.map, self.info, self.key, self.value = of, of.info, key, value

    def _refuse(self, wanted: str) -> UsageError:
        why = f"it is of type {self.info.type}"
        return UsageError(f"cannot {wanted} {self.map.name}", why, self.instead)

    def lookup(self, key: Any) -> Any:
        """Return the value of *key*, or raise KeyError."""
        raise self._refuse("look up a key in")

    def contains(self, key: Any) -> bool:
        """Tell whether *key* is there."""
        raise self._refuse("look up a key in")

    def update(self, key: Any, value: Any, flags: int) -> None:
        """Set the value of *key*; *flags* as in bpf(2)."""
        raise self._refuse("set a key in")

    def update_all(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Set many."""
        raise self._refuse("set keys in")

    def delete(self, key: Any) -> None:
        """Take out *key*, or raise KeyError."""
        raise self._refuse("delete a key of")

    def take(self, key: Any) -> Any:
        """Take out *key* and return its value, or raise KeyError."""
        raise self._refuse("take a key out of")

    def clear(self) -> None:
        """Take out everything."""
        raise self._refuse("clear")

    def keys(self) -> Iterator[Any]:
        """Yield the keys."""
        raise self._refuse("list the keys of")

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Yield keys with values."""
        raise self._refuse("list")

    def count(self) -> int:
        """Return how many elements there are."""
        raise self._refuse("count the elements of")

    def has_any(self) -> bool:
        """Tell whether there are elements; True for maps that are not listed."""
        return True

    def push(self, value: Any, overwrite: bool) -> None:
        """Add a value without a key."""
        raise self._refuse("push to")

    def pop(self) -> Any:
        """Take out the next value, or raise IndexError."""
        raise self._refuse("pop without a key from")

    def peek(self) -> Any:
        """Return the next value, or raise IndexError."""
        raise self._refuse("peek at")

    def add(self, value: Any) -> None:
        """Add to the set."""
        raise self._refuse("add to")


class Ring(Access):
    """A ring buffer."""

    instead = "read it with ring(), of its object"


def access_of(of: Map) -> Access:
    """Return how the elements of a map are reached, by its type."""
    from pyicmp.bpf.maps.elements import Elements
    from pyicmp.bpf.maps.queues import Bloom, Queue

    info = of.info
    key, value = _key_codec(of, of.key), _value_codec(of, of.value)
    if info.type in types.RINGS:
        return Ring(of, key, value)
    if info.type in types.QUEUES:
        return Queue(of, key, value)
    if info.type == "bloom_filter":
        return Bloom(of, key, value)
    return Elements(of, key, value) if info.key_size else Access(of, key, value)


def _key_codec(of: Map, layout: Layout | None) -> Codec:
    info, what = of.info, f"key of {of.name}"
    if info.type in types.STORAGE:
        return Descriptor(info.key_size, what)
    if layout:
        if info.type == "lpm_trie":
            from pyicmp.bpf.maps.prefix import Prefix, is_prefix

            if is_prefix(layout):
                return Prefix(layout, what)
        return Typed(layout, what)
    if info.type in types.INDEXED:
        return Index(info.key_size, what)
    return Plain(info.key_size, what)


def _value_codec(of: Map, layout: Layout | None) -> Codec:
    info, what = of.info, f"value of {of.name}"
    if info.type in types.OF_MAPS:
        from pyicmp.bpf.maps.inner import Inner

        return Inner(info.value_size, what)
    if info.type in types.OF_DESCRIPTORS:
        return Descriptor(info.value_size, what)
    if info.type == "stack_trace" and not info.flags & types.F_STACK_BUILD_ID:
        return Addresses(info.value_size, what)
    one = Typed(layout, what) if layout else Plain(info.value_size, what)
    if info.type in types.PER_CPU:
        from pyicmp.bpf.map import possible_cpus

        return PerCpu(one, possible_cpus())
    return one
