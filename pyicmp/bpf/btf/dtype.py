"""A layout as a numpy dtype: the only module that imports numpy, and only when it is asked."""

from __future__ import annotations

from pyicmp.errors import LayoutError, NotSupported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from pyicmp.bpf.btf.layout import Field, Layout
    from pyicmp.bpf.btf.shape import Shape

CODES = {"int": "iu", "enum": "iu", "ptr": "uu"}


def numpy() -> ModuleType:
    """
    Return numpy.

    Raises:
        NotSupported: It is not installed.
    """
    try:
        import numpy as module
    except ImportError as error:
        from errno import ENOSYS

        raise NotSupported(
            "cannot make a numpy array",
            f"numpy cannot be imported: {error}",
            "pip install pyicmp[numpy]",
            errno=ENOSYS,
        ) from None
    found: ModuleType = module
    return found


def dtype_of(layout: Layout, size: int = 0) -> Any:
    """
    Return the ``numpy.dtype`` of *layout*.

    Each field stands at its offset by BTF: numbers in their own byte order (``__be16`` is
    ``>u2``), enums as their numbers, ``char[N]`` as ``S`` (which keeps what follows a NUL),
    ``u8[N]`` and ``in6_addr`` as ``u1`` arrays, nested structs and unions as nested dtypes,
    128-bit integers as raw bytes. Bitfields have no dtype and are left out.

    Args:
        layout: A struct, a union, or any other type.
        size: Bytes from one record to the next; 0 takes the layout's own.

    Raises:
        LayoutError: *size* is less than a record takes.
    """
    if size and size < layout.size:
        raise LayoutError(f"'{layout.name}' takes {layout.size} bytes", f"{size} here")
    fields = [field for field in layout.fields if not field.bit_size]
    if layout.fields == (layout.value,):
        return numpy().dtype(_format(layout.value))
    return numpy().dtype(
        {
            "names": [field.name for field in fields],
            "formats": [_format(field) for field in fields],
            "offsets": [field.offset for field in fields],
            "itemsize": size or layout.size,
        }
    )


def _format(field: Field) -> Any:
    element, dims = _element(field, field.shape), field.shape.dims
    if field.shape.kind == "bytes":
        element, dims = "u1", (*dims, field.shape.size)
    return (element, dims) if dims else element


def _element(field: Field, shape: Shape) -> Any:
    if shape.kind == "struct" and (layout := field.layout):
        return dtype_of(layout)
    order = "<" if shape.order == "little" else ">"
    if shape.kind in CODES:
        return f"{order}{CODES[shape.kind][0 if shape.signed else 1]}{shape.size}"
    if shape.kind == "float":
        return f"{order}f{shape.size}"
    return {"bool": "?", "text": f"S{shape.size}"}.get(shape.kind, f"V{shape.size}")
