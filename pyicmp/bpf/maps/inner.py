"""Values that are maps."""

from __future__ import annotations

import sys

from pyicmp.bpf.maps.codec import Descriptor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.btf.unpack import Buffer
    from pyicmp.bpf.map import Map

__all__ = ["Inner"]


class Inner(Descriptor):
    """A map: written as what has a descriptor, read as a map of its own, typed by its own BTF."""

    __slots__ = ()

    def unpack(self, buffer: Buffer, at: int) -> Map:  # type: ignore[override]
        """Return the map; it is released when it is closed or forgotten."""
        from pyicmp.bpf.map import Map

        return Map.from_id(int.from_bytes(buffer[at : at + self.size], sys.byteorder))
