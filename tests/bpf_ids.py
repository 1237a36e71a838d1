"""What BPF there is in the kernel, by whomever: to tell what a run leaves behind."""

from __future__ import annotations

import ctypes


def bpf_ids() -> tuple[list[int], list[int], list[int]]:
    """Return the ids of all programs, maps and links in the kernel."""
    libbpf = ctypes.CDLL("libbpf.so.1", use_errno=True)
    found = []
    for kind in ("prog", "map", "link"):
        ids, current = [], ctypes.c_uint32(0)
        while getattr(libbpf, f"bpf_{kind}_get_next_id")(current, ctypes.byref(current)) == 0:
            ids.append(current.value)
        found.append(ids)
    return found[0], found[1], found[2]
