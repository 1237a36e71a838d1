"""Maps before the load: their definition can still be changed."""

from __future__ import annotations

from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.call import check, string
from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pyicmp.bpf._native import CData
    from pyicmp.bpf.handle import Handle
    from pyicmp.bpf.map import Map

__all__ = ["OpenMap"]


class _Setting:
    """A number in a map's definition: an edit that libbpf does not take over is an error."""

    def __init__(self, name: str, doc: str, bits: int = 32) -> None:
        self._name, self.__doc__, self._bits = name, doc, bits

    def __get__(self, of: OpenMap, owner: type[OpenMap] | None = None) -> int:
        if of is None:
            return self  # type: ignore[unreachable]
        return of._get(self._name)

    def __set__(self, of: OpenMap, value: int) -> None:
        if not isinstance(value, int) or not 0 <= value < 1 << self._bits:
            what = f"cannot set {self._name} of {of.name} to {value!r}"
            raise UsageError(what, f"it takes 0 to {(1 << self._bits) - 1}")
        of._edit(self._name, value)


class OpenMap:
    """
    A map that is not made yet: its definition can still be changed.

    Changing it raises LifecycleError once the object is loaded, and UsageError where it would
    have no effect: in a map that is not made (``autocreate`` off) or taken from elsewhere
    (``reuse``), or in the size of a section of variables.

    Attributes:
        name: The C variable's name.

    Example:
        >>> with bpf.open("mine.bpf.o") as opened:  # doctest: +SKIP
        ...     opened.maps["events"].max_entries = 1 << 20
        ...     opened.maps["flows"].pin_path = "/sys/fs/bpf/flows"
    """

    def __init__(self, handle: Handle, pointer: CData) -> None:
        self._handle, self._pointer = handle, pointer
        self.name = string(lib.bpf_map__name(pointer))
        self._edited = self._reused = False

    def __repr__(self) -> str:
        return f"<OpenMap {self.name} {self.type}>"

    max_entries = _Setting("max_entries", "Elements; bytes for a ring buffer, made up to pages.")
    key_size = _Setting("key_size", "Bytes of a key.")
    value_size = _Setting("value_size", "Bytes of a value; of one CPU's, if one for each.")
    flags = _Setting("map_flags", "``BPF_F_*`` flags.")
    extra = _Setting("map_extra", "Hash functions of a bloom filter; else 0.", 64)

    @property
    def type(self) -> str:
        """The kernel's name of its type, as ``"hash"``; may be set."""
        from pyicmp.bpf.maps.types import type_name

        return type_name(self._get("type"))

    @type.setter  # noqa: A003
    def type(self, name: str) -> None:
        from pyicmp.bpf.maps.types import type_number

        self._edit("type", type_number(name))

    @property
    def autocreate(self) -> bool:
        """Whether ``load()`` makes the map; may be set."""
        self._handle.require_pointer()
        return lib.bpf_map__autocreate(self._pointer)

    @autocreate.setter
    def autocreate(self, on: bool) -> None:
        if self._edited and not on:
            self._refuse("leave out", "it was edited before: that would have no effect")
        self._set("autocreate", bool(on))

    @property
    def pin_path(self) -> str | None:
        """
        Where ``load()`` pins it, or takes it from if there is a map already; may be set.

        It must be in a BPF filesystem. ``LIBBPF_PIN_BY_NAME`` gives it one in ``/sys/fs/bpf``;
        None takes that away.
        """
        self._handle.require_pointer()
        return string(lib.bpf_map__pin_path(self._pointer)) or None

    @pin_path.setter
    def pin_path(self, path: str | os.PathLike[str] | None) -> None:
        from os import fsencode

        self._require_effect("set pin_path of")
        self._set("pin_path", ffi.NULL if path is None else fsencode(path))
        self._edited = path is not None

    def reuse(self, other: Map) -> None:
        """
        Take a map that is in the kernel, instead of making one.

        Raises:
            UsageError: It differs in type, sizes or flags, or this one is not to be made.
            LifecycleError: The object is loaded.
        """
        self._require_effect("reuse a map for")
        info = other.info
        for name in ("type", "key_size", "value_size", "max_entries", "flags"):
            mine, its = getattr(self, name), getattr(info, name)
            if mine != its and (name, mine) != ("max_entries", 0):
                why = f"its {name} is {its}, and {mine} is declared"
                raise UsageError(f"cannot reuse {other.name} for {self.name}", why)
        check(f"cannot reuse {other.name}", lib.bpf_map__reuse_fd, self._pointer, other.fileno())
        self._reused = True

    def _get(self, what: str) -> int:
        self._handle.require_pointer()
        get = getattr(lib, f"bpf_map__{what}")
        return get(self._pointer)  # type: ignore[no-any-return]

    def _set(self, what: str, value: object) -> None:
        self._handle.require_open()
        setter = getattr(lib, f"bpf_map__set_{what}")
        check(f"cannot set {what} of {self.name}", setter, self._pointer, value)

    def _edit(self, what: str, value: int) -> None:
        self._require_effect(f"set {what} of")
        if lib.bpf_map__is_internal(self._pointer) and self._get(what) != value:
            self._refuse(f"set {what} of", "it is a section of variables: its definition is fixed")
        self._set(what, value)
        self._edited = True
        taken = self._get(what)
        if taken != value and not (self.type == "ringbuf" and taken > value):
            self._refuse(f"set {what} of", f"libbpf makes {taken} of {value}")

    def _require_effect(self, wanted: str) -> None:
        self._handle.require_open()
        if self._reused:
            self._refuse(wanted, "it is a map that was there before: see reuse()")
        if not self.autocreate:
            self._refuse(wanted, "it is not going to be made: autocreate is off")

    def _refuse(self, wanted: str, why: str) -> None:
        raise UsageError(f"cannot {wanted} {self.name}", why)
