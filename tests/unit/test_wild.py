"""
Objects by other projects: those embedded in programs of this machine (systemd, QEMU, bpftool,
libbpf-tools …), and those below ``PYICMP_OBJECTS``, if that names a folder.
"""

from __future__ import annotations

import functools
import json
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyicmp.bpf.core.kernel import Kernel
from pyicmp.bpf.core.report import report
from pyicmp.bpf.spec.describe import describe
from pyicmp.bpf.spec.spec import Spec
from tests.unit import bpf_objects as objects

ELF = b"\x7fELF\x02"
ET_REL, EM_BPF = 1, 247
FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/lib/systemd", os.environ.get("PYICMP_OBJECTS", ""))
SIZE_MAX = 64 << 20


def embedded(data: bytes) -> Iterator[bytes]:
    """Yield the BPF objects in *data*, up to the end of their section headers."""
    at = data.find(ELF)
    while at >= 0:
        order = "<" if data[at + 5 : at + 6] == b"\1" else ">"
        if len(data) - at >= 64 and struct.unpack_from(f"{order}HH", data, at + 16) == (
            ET_REL,
            EM_BPF,
        ):
            (start,) = struct.unpack_from(f"{order}Q", data, at + 40)
            size, count = struct.unpack_from(f"{order}HH", data, at + 58)
            yield data[at : at + start + size * count]
        at = data.find(ELF, at + 1)


@functools.cache
def found() -> dict[str, bytes]:
    """Return objects by where they were found, each once."""
    all_of_them: dict[bytes, str] = {}
    for folder in filter(None, FOLDERS):
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= SIZE_MAX:
                for number, one in enumerate(embedded(path.read_bytes())):
                    all_of_them.setdefault(one, f"{path}#{number}")
    return {name: one for one, name in all_of_them.items()}


def test_each_is_told_and_judged() -> None:
    """None raises, not even an ObjectError: they are sound, and their projects use them."""
    if not found():
        pytest.skip("no program here embeds a BPF object, and PYICMP_OBJECTS names none")
    (source, *_) = (one for one in objects.KERNEL_BTFS if one.exists())
    kernel = Kernel(source.name, objects.kernel_btf(source))
    for name, data in found().items():
        spec = Spec.from_bytes(data, name)
        assert json.dumps(describe(spec))
        judged = report(spec, kernel)
        assert len(judged["relocations"]) == len(spec.relocations)
