"""
An object's two phases: ``OpenObject`` can be edited, its ``load()`` gives an ``Object``.

``load()`` hands all over to the ``Object``; before closing that, close what was attached or
opened through it.
"""

from __future__ import annotations

from pyicmp.bpf._native import lib
from pyicmp.bpf.btf.layout import Layout
from pyicmp.bpf.call import check, each
from pyicmp.bpf.map import Map
from pyicmp.bpf.open_map import OpenMap
from pyicmp.bpf.program import OpenProgram, Program
from pyicmp.bpf.records import RecordTypes
from pyicmp.bpf.ring import RingBuffer
from pyicmp.errors import ObjectError, VerifierError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from pyicmp.bpf.btf.reader import Btf
    from pyicmp.bpf.globals import Globals
    from pyicmp.bpf.handle import Handle
    from pyicmp.bpf.perf import PerfBuffer
    from pyicmp.bpf.records import ByField, Rule

    Part = TypeVar("Part")
    Self = TypeVar("Self", bound="_Object")

__all__ = ["Object", "OpenObject"]


class Parts(dict[str, "Part"]):
    """An object's programs or maps by name; a wrong name is an error that lists the right ones."""

    def __init__(self, what: str, parts: Mapping[str, Part]) -> None:
        super().__init__(parts)
        self._what = what

    def __missing__(self, name: str) -> Part:
        from pyicmp.bpf.btf.shape import did_you_mean

        listed = ", ".join(sorted(self)) or "none"
        raise ObjectError(f"{self._what} {name}", f"it has {listed}", did_you_mean(name, self))


class _Object:
    """What both phases share."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._globals: Globals | None = None

    @property
    def name(self) -> str:
        """The path that it was read from, or a word for it."""
        return self._handle.name

    @property
    def btf(self) -> Btf:
        """The object's own BTF."""
        return self._handle.btf

    @property
    def globals(self) -> Globals:
        """The global variables by name: before ``load()`` their first values, after it live."""
        if self._globals is None:
            from pyicmp.bpf.globals import globals_of

            self._globals = globals_of(self._handle)
        return self._globals

    def layout(self, name: str) -> Layout:
        """
        Return how the struct *name* lies in memory, from the object's BTF.

        Raises:
            LayoutError: There is no such struct.
        """
        return Layout.of(self.btf, name)

    def close(self) -> None:
        """Free the object and, if it is loaded, take it out of the kernel."""
        self._handle.close()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class OpenObject(_Object):
    """
    An object that is open and not yet in the kernel.

    Attributes:
        programs: By name; ``autoload`` can be set.
        maps: By name; sizes, flags, pin path and more can be set.
    """

    def __init__(self, handle: Handle) -> None:
        super().__init__(handle)
        programs = [
            OpenProgram(handle, item) for item in each(lib.bpf_object__next_program, handle.pointer)
        ]
        maps = [OpenMap(handle, item) for item in each(lib.bpf_object__next_map, handle.pointer)]
        self.programs = Parts(f"{self.name} has no program", {item.name: item for item in programs})
        self.maps = Parts(f"{self.name} has no map", {item.name: item for item in maps})

    def load(self) -> Object:
        """
        Give the object to the kernel: its maps, and its programs with autoload.

        Raises:
            VerifierError: The kernel's verifier rejected a program.
            NotPermitted, NotSupported, BpfError: The kernel's refusal, explained.
            LifecycleError: It was loaded, or closed, before.
        """
        self._handle.require_open()
        try:
            check(f"cannot load {self.name}", lib.bpf_object__load, self._handle.pointer)
        except VerifierError as error:
            from pyicmp.bpf.rejections import locate

            raise locate(error, self._handle.data) from None
        self._handle.loaded = True
        return Object(self._handle)

    def close(self) -> None:
        """Free the object, unless ``load()`` has handed it on."""
        if not self._handle.loaded:
            self._handle.close()


class Object(_Object):
    """
    An object in the kernel.

    Attributes:
        programs: By name; ``attach()`` them.
        maps: By name.
    """

    def __init__(self, handle: Handle) -> None:
        super().__init__(handle)
        programs = [
            Program(handle, item) for item in each(lib.bpf_object__next_program, handle.pointer)
        ]
        maps = [Map(handle, item) for item in each(lib.bpf_object__next_map, handle.pointer)]
        self.programs = Parts(f"{self.name} has no program", {item.name: item for item in programs})
        self.maps = Parts(f"{self.name} has no map", {item.name: item for item in maps})

    def ring(
        self,
        name: str,
        record: str | Rule | ByField | Layout | None = None,
        lost: Callable[[], int] | None = None,
    ) -> RingBuffer:
        """
        Open the ring buffer map *name* for reading.

        Args:
            name: The map's name.
            record: What its records are. The name of a struct in the object's BTF; or, where
                they are of several types, a function from a record's bytes to such a name, or a
                ``ByField``; or a layout, such as ``sized()`` gives. With None the type is inferred
                if the BTF leaves no doubt, else records are plain bytes.
            lost: Returns the program's own count of records that it could not write, for
                ``batch.lost``: the kernel keeps none.

        Raises:
            UsageError: The map is no ring buffer.
            LayoutError: There is no such struct.

        Example:
            >>> ring = obj.ring("events", "event")  # doctest: +SKIP
            >>> two = bpf.ByField("header", "kind", {1: "opened", 2: "exited"})
            >>> ring = obj.ring("events", two)  # doctest: +SKIP
        """
        return RingBuffer(self.maps[name], self._record_types(record), lost)

    def perf(
        self, name: str, record: str | Rule | ByField | Layout | None = None, pages: int = 64
    ) -> PerfBuffer:
        """
        Open the perf event array *name* for reading, on all CPUs.

        Args:
            name: The map's name.
            record: As for ``ring()``.
            pages: Pages of buffer for each CPU: a power of two.

        Raises:
            UsageError: The map is no perf event array, or *pages* no power of two.
            LayoutError: There is no such struct.
            NotPermitted, BpfError: The kernel's refusal, explained.
        """
        from pyicmp.bpf.perf import PerfBuffer

        return PerfBuffer(self.maps[name], self._record_types(record), pages)

    def _record_types(self, record: str | Rule | ByField | Layout | None) -> RecordTypes:
        if record is None:
            from pyicmp.bpf.infer import infer_record

            record = infer_record(self.btf)
        return RecordTypes(self.layout, record)
