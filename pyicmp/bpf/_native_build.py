"""
The native module's one description, for the checkout and for the wheel.

``python3 pyicmp/bpf/_native_build.py OUT.c`` writes the C of ``pyicmp.bpf._native``: cffi in
API mode. ``scripts/build_native.sh`` compiles it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).parent
SOURCES = ("_native.c", "_native_attach.c", "_native_rings.c")  # one translation unit


def description() -> FFI:
    """Return the ``FFI`` that ``_native.cdef.h`` and ``SOURCES`` make."""
    ffi = FFI()
    ffi.cdef((HERE / "_native.cdef.h").read_text(encoding="ascii"))
    source = "".join((HERE / name).read_text(encoding="ascii") for name in SOURCES)
    ffi.set_source("pyicmp.bpf._native", source)
    return ffi


if __name__ == "__main__":
    description().emit_c_code(sys.argv[1])
