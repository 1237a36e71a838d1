"""
Maps in the kernel.

Here is what one looks like; what it does is in ``maps``, imported when it is first asked for.
"""

from __future__ import annotations

import mmap
from _collections_abc import MutableMapping  # collections.abc would be one more import

from pyicmp.bpf._native import lib
from pyicmp.bpf.call import check, string
from pyicmp.errors import LifecycleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView
    from typing import Any

    from pyicmp.bpf._native import CData
    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.bpf.handle import Handle
    from pyicmp.bpf.maps.access import Access
    from pyicmp.bpf.maps.info import MapInfo

    AnyMapping = MutableMapping[Any, Any]
else:
    AnyMapping = MutableMapping

__all__ = ["Map", "possible_cpus"]

_MISSING: Any = object()
ANY, NOEXIST, EXIST = 0, 1, 2  # include/uapi/linux/bpf.h: BPF_ANY …


def possible_cpus() -> int:
    """Return how many CPUs this kernel may ever have: the length of a per-CPU value."""
    return check("cannot count the CPUs", lib.libbpf_num_possible_cpus)


class Map(AnyMapping):
    """
    A map in the kernel, as a mapping.

    Keys and values are what BTF says: numbers, ``IntEnum``, text, records for structs. Written,
    a struct may be a mapping, a tuple of all fields, a record or bytes. Without BTF they are
    bytes; indexes of arrays are numbers always. A value in a per-CPU map is a list, by CPU. Keys
    of a trie ``{ prefixlen; address; }`` are networks of ``ipaddress`` (or text); a lookup finds
    the longest that holds the key. Values of a map of maps are maps; where the kernel takes a
    file descriptor (of a program, socket, cgroup, process), give one or what has ``fileno()``.

    Listing (``iter``, ``len``, ``items()``, ``values()``) reads many elements per call where the
    kernel can. Programs may change the map meanwhile: what is there all the time comes exactly
    once, what comes or goes may be left out. So copy with ``dict(map.items())``: ``dict(map)``
    looks each key up again, and is a KeyError where one is gone by then.

    Attributes:
        name: The C variable's name, or what the kernel kept of it.

    Raises:
        KeyError: No such key (array: index).
        UsageError: A key or value that does not fit its type, or a map that has no such call.
        NotPermitted, NotSupported, BpfError: The kernel's refusal, explained.
        LifecycleError: The object, or the map, is closed.

    Example:
        >>> counts = obj.maps["counts"]  # doctest: +SKIP
        >>> counts[{"port": 80, "proto": 6}] = 1  # doctest: +SKIP
        >>> {key.port: value for key, value in counts.items()}  # doctest: +SKIP
        {80: 1}
    """

    _info: MapInfo
    _types: tuple[Layout | None, Layout | None]
    _accessed: Access
    _pin_path: str | None

    def __init__(self, handle: Handle, pointer: CData) -> None:
        self._handle, self._pointer = handle, pointer
        self.name = string(lib.bpf_map__name(pointer))

    def __repr__(self) -> str:
        return f"<Map {self.name}>"

    @classmethod
    def from_pin(cls, path: str | os.PathLike[str]) -> Map:
        """
        Open a map that is pinned in a BPF filesystem; typed by the BTF that came with it.

        The kernel shows that BTF only with CAP_SYS_ADMIN: without, keys and values are bytes.

        Raises:
            BpfError: There is nothing, or no map, or it is not permitted.

        Example:
            >>> with bpf.Map.from_pin("/sys/fs/bpf/flows") as flows:  # doctest: +SKIP
            ...     print(len(flows))
        """
        from pyicmp.bpf.maps.opened import from_pin

        return from_pin(path)

    @classmethod
    def from_id(cls, number: int) -> Map:
        """Open a map by its number, as ``from_pin`` does."""
        from pyicmp.bpf.maps.opened import from_id

        return from_id(number)

    def fileno(self) -> int:
        """Return the map's file descriptor; LifecycleError if it was not made (autocreate off)."""
        self._handle.require_loaded()
        fd = lib.bpf_map__fd(self._pointer)
        # from libbpf 1.4 on, a map that was not made has the descriptor of a stand-in
        if fd < 0 or not lib.bpf_map__autocreate(self._pointer):
            raise LifecycleError(
                f"cannot use {self.name}", "it was not made", "set its autocreate before load()"
            )
        return fd

    @property
    def info(self) -> MapInfo:
        """Its facts: id, type, sizes, flags."""
        if "_info" not in self.__dict__:
            from pyicmp.bpf.maps.info import read_info

            self._info = read_info(self.fileno(), self.name)
        return self._info

    @property
    def key(self) -> Layout | None:
        """The layout of a key, or None if it has no type."""
        return self._layouts[0]

    @property
    def value(self) -> Layout | None:
        """The layout of a value, or None if it has no type."""
        return self._layouts[1]

    @property
    def _layouts(self) -> tuple[Layout | None, Layout | None]:
        if "_types" not in self.__dict__:
            self._types = self._read_layouts()
        return self._types

    def _read_layouts(self) -> tuple[Layout | None, Layout | None]:
        from pyicmp.bpf.maps.declared import declared_layouts

        return declared_layouts(self._handle, self.name, self.info)

    @property
    def _access(self) -> Access:
        if "_accessed" not in self.__dict__:
            from pyicmp.bpf.maps.access import access_of

            self._accessed = access_of(self)
        return self._accessed

    def __getitem__(self, key: Any) -> Any:
        return self._access.lookup(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._access.update(key, value, ANY)

    def insert(self, key: Any, value: Any) -> None:
        """Set *key*, which must not be there: else BpfError, ``errno`` EEXIST."""
        self._access.update(key, value, NOEXIST)

    def replace(self, key: Any, value: Any) -> None:
        """Set *key*, which must be there: else KeyError."""
        self._access.update(key, value, EXIST)

    def __delitem__(self, key: Any) -> None:
        self._access.delete(key)

    def __contains__(self, key: object) -> bool:
        return self._access.contains(key)

    def __iter__(self) -> Iterator[Any]:
        return self._access.keys()

    def __len__(self) -> int:
        """Return the number of elements: a hash table's are counted by listing them."""
        return self._access.count()

    def __bool__(self) -> bool:
        return self._access.has_any()

    def items(self) -> ItemsView[Any, Any]:
        """Return a view of keys with values."""
        from pyicmp.bpf.maps.views import MapItems

        return MapItems(self)

    def values(self) -> ValuesView[Any]:
        """Return a view of the values."""
        from pyicmp.bpf.maps.views import MapValues

        return MapValues(self)

    def update(  # type: ignore[override]
        self, other: Mapping[Any, Any] | Iterable[tuple[Any, Any]] = (), /, **more: Any
    ) -> None:
        """Set many elements, in few calls. All are checked first; then they are set in order."""
        pairs = list(dict(other, **more).items()) if more else getattr(other, "items", other)
        self._access.update_all(pairs() if callable(pairs) else pairs)

    def pop(self, key: Any = _MISSING, default: Any = _MISSING) -> Any:
        """
        Take out *key* and return its value, in one step from Linux 5.14 on (else in two).

        Without *key*, take the next value of a queue or stack; IndexError if it is empty.
        """
        if key is _MISSING:
            return self._access.pop()
        try:
            return self._access.take(key)
        except KeyError:
            if default is _MISSING:
                raise
            return default

    def clear(self) -> None:
        """Take out what is there now."""
        self._access.clear()

    def push(self, value: Any, *, overwrite: bool = False) -> None:
        """Add to a queue or stack; if it is full, BpfError (E2BIG), or *overwrite* the oldest."""
        self._access.push(value, overwrite)

    def peek(self) -> Any:
        """Return the next value of a queue or stack, which stays; IndexError if it is empty."""
        return self._access.peek()

    def add(self, value: Any) -> None:
        """Add to a bloom filter; ``value in map`` then tells that it may be there."""
        self._access.add(value)

    def freeze(self) -> None:
        """Let no more writes from user space in, for good; programs still write."""
        check(f"cannot freeze {self.name}", lib.bpf_map_freeze, self.fileno())

    def pin(self, path: str | os.PathLike[str]) -> None:
        """Give it a name in a BPF filesystem: it then outlives this process."""
        from pyicmp.bpf.maps.opened import pin

        pin(self, path)

    def unpin(self, path: str | os.PathLike[str] | None = None) -> None:
        """Take away the name *path*, or the one it was last pinned at; the map stays."""
        from pyicmp.bpf.maps.opened import unpin

        unpin(self, path)

    @property
    def pin_path(self) -> str | None:
        """Where it was last pinned, by ``load()`` or ``pin()``; None if it is not."""
        return self.__dict__.get("_pin_path", self._loaded_pin_path())

    def _loaded_pin_path(self) -> str | None:
        self._handle.require_loaded()
        pinned = lib.bpf_map__is_pinned(self._pointer)
        return string(lib.bpf_map__pin_path(self._pointer)) if pinned else None

    def close(self) -> None:
        """Let a map of ``from_pin`` or ``from_id`` go; one of an object goes with the object."""

    def __enter__(self) -> Map:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def mmap(self) -> mmap.mmap:
        """
        Map an array with BPF_F_MMAPABLE into memory, read-only and live.

        Values lie ``value_size`` apart, rounded up to 8 bytes. It needs no privilege, and goes
        on after privileges are dropped.

        Raises:
            LifecycleError: The kernel cannot map this one (no array, or the flag is missing).
        """
        value_size, max_entries = self._extent()
        length = (value_size + 7 & ~7) * max_entries
        try:
            return mmap.mmap(self.fileno(), length, mmap.MAP_SHARED, mmap.PROT_READ)
        except OSError as error:
            raise LifecycleError(
                f"cannot map {self.name} into memory",
                str(error.strerror),
                "declare it an array with BPF_F_MMAPABLE",
            ) from None

    def _extent(self) -> tuple[int, int]:
        pointer = self._pointer  # not info: a plain trace comes here, and imports none of that
        return lib.bpf_map__value_size(pointer), lib.bpf_map__max_entries(pointer)
