"""The types of a map's keys and values, as its definition in the object has them."""

from __future__ import annotations

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.spec.parts import defined_map
from pyicmp.errors import ObjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.bpf.handle import Handle
    from pyicmp.bpf.maps.info import MapInfo

__all__ = ["declared_layouts"]


def declared_layouts(
    handle: Handle, name: str, info: MapInfo
) -> tuple[Layout | None, Layout | None]:
    """
    Return the layouts of key and value; None where there is none, or the size was edited.

    The definition is asked and not libbpf, which forgets the types of a map whose type the
    kernel takes no BTF for.
    """
    try:
        section = handle.btf.find(".maps", kinds.Datasec)
    except ObjectError:  # no BTF
        return None, None
    for one in section.secinfos if section else ():
        var = handle.btf.type(one.type_id)
        if isinstance(var, kinds.Var) and var.name == name:
            found = defined_map(name, handle.btf.resolve(var.type_id))
            return _fitting(found.key, info.key_size), _fitting(found.value, info.value_size)
    return None, None


def _fitting(layout: Layout | None, size: int) -> Layout | None:
    return layout if layout and layout.size == size else None
