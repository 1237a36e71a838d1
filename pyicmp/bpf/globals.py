"""An object's global variables: typed, checked, and live once it is loaded."""

from __future__ import annotations

import mmap
from collections.abc import MutableMapping

from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.btf import kinds
from pyicmp.bpf.btf.layout import Layout
from pyicmp.bpf.btf.record import reader
from pyicmp.bpf.btf.shape import did_you_mean
from pyicmp.bpf.call import check, each, string
from pyicmp.bpf.maps.codec import Typed
from pyicmp.errors import LifecycleError, NotSupported, ObjectError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyicmp.bpf._native import CData
    from pyicmp.bpf.handle import Handle

    Variables = MutableMapping[str, Any]
else:
    Variables = MutableMapping

__all__ = ["Globals", "UnknownVariable", "globals_of"]

READ_ONLY = (".rodata", ".kconfig")


class UnknownVariable(ObjectError, KeyError):  # noqa: N818 - as KeyError's other children
    """The object has no such global variable; a KeyError too, as of any mapping."""


class Section:
    """
    One section of variables, which libbpf makes a map of.

    Attributes:
        name: ``.rodata``, ``.data``, ``.bss``, ``.kconfig``, or one that begins so.
    """

    def __init__(self, handle: Handle, pointer: CData, name: str) -> None:
        self._handle, self._pointer, self.name = handle, pointer, name
        self._is_live = handle.loaded
        self._memory: mmap.mmap | None = None

    @property
    def read_only(self) -> bool:
        """Whether nobody may write to it once it is loaded."""
        return self.name.startswith(READ_ONLY)

    def read(self, offset: int, size: int) -> bytes:
        """Return *size* bytes at *offset*."""
        if self._is_live:
            return self._live()[offset : offset + size]
        if self.name == ".kconfig":
            why = "load() fills it in, from the running kernel's configuration"
            raise LifecycleError(f"cannot read {self.name}", why, "read it after load()")
        return self._initial()[offset : offset + size]

    def write(self, name: str, offset: int, raw: bytes) -> None:
        """Set the bytes at *offset*, where the variable *name* is."""
        if self._is_live:
            self._write_live(name, offset, raw)
            return
        if self.name == ".kconfig":
            raise LifecycleError(f"cannot set {name}", "it is the running kernel's own value")
        data = bytearray(self._initial())
        data[offset : offset + len(raw)] = raw
        setter = lib.bpf_map__set_initial_value
        check(f"cannot set {name}", setter, self._pointer, bytes(data), len(data))

    def _initial(self) -> bytes:
        self._handle.require_open()
        size = ffi.new("size_t *")
        data = lib.bpf_map__initial_value(self._pointer, size)
        return bytes(ffi.buffer(data, size[0])) if data else b""

    def _write_live(self, name: str, offset: int, raw: bytes) -> None:
        if self.read_only:
            why = f"it is in {self.name}, which is read-only once loaded"
            raise LifecycleError(f"cannot set {name}", why, "set it before load()")
        memory = self._live()
        if not isinstance(memory, mmap.mmap):
            raise NotSupported(
                f"cannot set {name}", "this kernel maps no variables into memory", errno=95
            )
        memory[offset : offset + len(raw)] = raw

    def _live(self) -> mmap.mmap | bytes:
        """
        Return the kernel's own memory; a copy where it does not share that.

        It is mapped here, since libbpf before 1.6 does so for skeletons only.
        """
        self._handle.require_loaded()
        if self._memory is None:
            fd, size = lib.bpf_map__fd(self._pointer), lib.bpf_map__value_size(self._pointer)
            access = mmap.PROT_READ | (0 if self.read_only else mmap.PROT_WRITE)
            try:
                self._memory = mmap.mmap(fd, size, mmap.MAP_SHARED, access)
            except OSError:  # before Linux 5.5, or a section of static variables only
                value = bytearray(size)
                read = lib.bpf_map_lookup_elem
                check(f"cannot read {self.name}", read, fd, bytes(4), ffi.from_buffer(value))
                return bytes(value)
        return self._memory


class Globals(Variables):
    """
    The global variables of an object, by name.

    Those of an ``OpenObject`` are the values that it will start with; those of an ``Object`` are
    the programs' own memory (``.rodata`` and ``.kconfig``: read only). Values are numbers,
    enums, ``bool``, text for ``char[]``, bytes for ``__u8[]``, tuples for arrays, records for
    structs; to set a struct give a mapping (what is left out becomes zero), a tuple of all
    fields, a record or bytes.

    ``+=`` reads and writes: what a program adds in between is lost.

    Raises:
        UnknownVariable: There is none of that name (an ObjectError, and a KeyError).
        UsageError: The value does not fit the variable's type.
        LifecycleError: The variable is read-only by now, or the object is closed.

    Example:
        >>> with bpf.open("mine.bpf.o") as opened:  # doctest: +SKIP
        ...     opened.globals["min_len"] = 128
        ...     with opened.load() as obj:
        ...         print(obj.globals["drops"])
    """

    def __init__(self, name: str, variables: dict[str, tuple[Section, int, Layout]]) -> None:
        self._name, self._variables = name, variables

    def _find(self, name: str) -> tuple[Section, int, Layout]:
        if name not in self._variables:
            near = did_you_mean(str(name), self._variables)
            raise UnknownVariable(f"{self._name} has no global variable {name}", "", near)
        return self._variables[name]

    def __getitem__(self, name: str) -> Any:
        section, offset, layout = self._find(name)
        return reader(layout.value)(section.read(offset, layout.size), 0)

    def __setitem__(self, name: str, value: Any) -> None:
        section, offset, layout = self._find(name)
        raw = Typed(layout, name).pack(value)
        section.write(name, offset, raw)

    def __delitem__(self, name: str) -> None:
        raise UsageError(f"cannot delete {name}", "it is a variable of the object")

    def __contains__(self, name: object) -> bool:
        return name in self._variables

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)

    def __repr__(self) -> str:
        return f"<Globals of {self._name}: {', '.join(self) or 'none'}>"

    def layout(self, name: str) -> Layout:
        """Return the layout of a variable: ``layout.value.type`` is its type in C's words."""
        return self._find(name)[2]

    def section(self, name: str) -> str:
        """Return the section of a variable, as ``".rodata"``."""
        return self._find(name)[0].name


def globals_of(handle: Handle) -> Globals:
    """Return the variables of an open or loaded object, at the offsets that libbpf gives them."""
    found: dict[str, tuple[Section, int, Layout]] = {}
    handle.require_pointer()
    for pointer in each(lib.bpf_object__next_map, handle.pointer):
        name = string(lib.bpf_map__name(pointer))
        if not lib.bpf_map__is_internal(pointer):
            continue
        # libbpf puts the object's name before the plain ones: icmp.bss
        section = Section(handle, pointer, name[name.index(".") :])
        types = handle.btf.find(section.name, kinds.Datasec)
        for info in types.secinfos if types else ():
            var = handle.btf.type(info.type_id)
            if isinstance(var, kinds.Var):
                layout = Layout.of(handle.btf, var.type_id)
                found.setdefault(var.name, (section, info.offset, layout))
    return Globals(handle.name, found)
