"""What BPF there is in the kernel, by whomever: to tell what a run leaves behind."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


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


@contextmanager
def nothing_left(
    *others: Callable[[], object], patience: float = 10.0, settled: float = 0.0
) -> Iterator[None]:
    """
    Make sure that what appears in the ``with`` block goes again.

    What was there before may go too: the kernel frees maps in its own time, and others' programs
    come and go. So what is new has *patience* seconds to vanish.

    Args:
        others: What they return must be the same again.
        patience: How long to wait for that, seconds.
        settled: How long to wait first, for what comes late, seconds.
    """
    before, others_before = bpf_ids(), [look() for look in others]
    yield
    time.sleep(settled)
    new = [set(now) - set(then) for now, then in zip(bpf_ids(), before, strict=True)]
    give_up = time.monotonic() + patience
    while True:
        others_now = [look() for look in others]
        if (not any(new) and others_now == others_before) or time.monotonic() > give_up:
            break
        time.sleep(0.1)
        new = [ids & set(now) for ids, now in zip(new, bpf_ids(), strict=True)]
    assert not any(new), f"left behind: programs, maps, links {new}"
    assert others_now == others_before
