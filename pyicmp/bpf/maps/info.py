"""What the kernel says about a map (``struct bpf_map_info``), and the types it keeps for it."""

from __future__ import annotations

from struct import Struct

from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.btf.layout import Layout
from pyicmp.bpf.btf.reader import Btf
from pyicmp.bpf.call import check
from pyicmp.bpf.maps.types import type_name
from pyicmp.errors import LayoutError

__all__ = ["MapInfo", "kernel_layouts", "read_info"]

_INFO = Struct("=6I16sII QQ IIII Q")


class MapInfo:
    """
    A map's facts, as the kernel has them.

    Attributes:
        id: Its number, unique while the kernel runs.
        name: Its name, at most 15 bytes of it.
        type: The kernel's name of its type: ``"hash"``.
        key_size: Bytes of a key.
        value_size: Bytes of a value; of one CPU's, if there is one for each.
        max_entries: Elements it can hold; bytes for a ring buffer.
        flags: ``BPF_F_*`` flags.
        extra: ``map_extra``: hash functions of a bloom filter.
        btf_id: Number of the BTF that its types are in; 0 if none.
    """

    __slots__ = (
        "btf_id", "btf_key_type_id", "btf_value_type_id", "extra", "flags", "id", "key_size",
        "max_entries", "name", "type", "value_size",
    )  # fmt: skip

    id: int
    key_size: int
    value_size: int
    max_entries: int
    flags: int
    extra: int
    btf_id: int
    btf_key_type_id: int
    btf_value_type_id: int

    def __init__(self, raw: bytes) -> None:
        number, self.id, self.key_size, self.value_size, self.max_entries, self.flags, *rest = (
            _INFO.unpack(raw)
        )
        name, _, _, _, _, self.btf_id, self.btf_key_type_id, self.btf_value_type_id, _, extra = rest
        self.type, self.extra = type_name(number), extra
        self.name: str = name.partition(b"\0")[0].decode("utf-8", "backslashreplace")

    def __repr__(self) -> str:
        return f"<MapInfo {self.name} {self.type} id {self.id} max_entries {self.max_entries}>"


def read_info(fd: int, name: str) -> MapInfo:
    """
    Return the facts of the map behind *fd*; *name* stands for it in messages.

    Raises:
        BpfError: The kernel refuses.
    """
    raw = bytearray(_INFO.size)  # an older kernel fills in less
    size = ffi.new("uint32_t *", _INFO.size)
    check(f"cannot ask for {name}", lib.bpf_obj_get_info_by_fd, fd, ffi.from_buffer(raw), size)
    return MapInfo(bytes(raw))


def kernel_layouts(info: MapInfo) -> tuple[Layout | None, Layout | None]:
    """Return the layouts of key and value by the BTF that came with the map; None if untyped."""
    if not info.btf_id:
        return None, None
    btf = lib.btf__load_from_kernel_by_id(info.btf_id)
    if not btf:  # it takes CAP_SYS_ADMIN, which reading the map does not
        return None, None
    try:
        size = ffi.new("uint32_t *")
        raw = lib.btf__raw_data(btf, size)
        types = Btf(bytes(ffi.buffer(raw, size[0])))
    finally:
        lib.btf__free(btf)
    return _layout(types, info.btf_key_type_id), _layout(types, info.btf_value_type_id)


def _layout(btf: Btf, type_id: int) -> Layout | None:
    try:
        return Layout.of(btf, type_id) if type_id else None
    except LayoutError:  # the section of variables that a map of globals has for its value
        return None
