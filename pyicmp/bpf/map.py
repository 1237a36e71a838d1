"""Maps: before the load (``OpenMap``) and in the kernel (``Map``)."""

from __future__ import annotations

import mmap

from pyicmp.bpf._native import lib
from pyicmp.bpf.call import check, string
from pyicmp.errors import LifecycleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf._native import CData
    from pyicmp.bpf.handle import Handle

__all__ = ["Map", "OpenMap", "possible_cpus"]


def possible_cpus() -> int:
    """Return how many CPUs this kernel may ever have: the length of a per-CPU value."""
    return check("cannot count the CPUs", lib.libbpf_num_possible_cpus)


class _Map:
    """
    What a map is, loaded or not.

    Attributes:
        name: The C variable's name.
    """

    def __init__(self, handle: Handle, pointer: CData) -> None:
        self._handle, self._pointer = handle, pointer
        self.name = string(lib.bpf_map__name(pointer))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


class OpenMap(_Map):
    """A map whose size can still be changed."""

    @property
    def max_entries(self) -> int:
        """Entries, or bytes for a ring buffer; may be set."""
        return lib.bpf_map__max_entries(self._pointer)

    @max_entries.setter
    def max_entries(self, entries: int) -> None:
        self._handle.require_open()
        check(
            f"cannot set max_entries of {self.name}",
            lib.bpf_map__set_max_entries,
            self._pointer,
            entries,
        )


class Map(_Map):
    """A map in the kernel."""

    def fileno(self) -> int:
        """Return the map's file descriptor."""
        self._handle.require_loaded()
        return lib.bpf_map__fd(self._pointer)

    def mmap(self) -> mmap.mmap:
        """
        Map an array with BPF_F_MMAPABLE into memory, read-only and live.

        Values lie ``value_size`` apart, rounded up to 8 bytes. It needs no privilege, and goes
        on after privileges are dropped.

        Raises:
            LifecycleError: The kernel cannot map this one (no array, or the flag is missing).
        """
        stride = (lib.bpf_map__value_size(self._pointer) + 7) & ~7
        length = stride * lib.bpf_map__max_entries(self._pointer)
        try:
            return mmap.mmap(self.fileno(), length, mmap.MAP_SHARED, mmap.PROT_READ)
        except OSError as error:
            raise LifecycleError(
                f"cannot map {self.name} into memory",
                str(error.strerror),
                "declare it an array with BPF_F_MMAPABLE",
            ) from None
