"""uprobe and uretprobe: a function of a program or library, in one process or in all."""

from __future__ import annotations

import errno
import os

from pyicmp.bpf import host
from pyicmp.bpf._native import ffi
from pyicmp.bpf.attach.made import link_perf_events, open_perf_event
from pyicmp.errors import NotSupported, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.link import Link
    from pyicmp.bpf.program import Program

__all__ = ["attach", "find_binary"]

LIBRARIES = ("/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib")


def attach(
    program: Program,
    kind: str,
    *,
    binary: str | os.PathLike[str] | None = None,
    function: str | None = None,
    offset: int = 0,
    pid: int = -1,
    cookie: int = 0,
) -> Link:
    """
    Attach to a function's entry, an instruction, or a function's return.

    Args:
        program: The program.
        kind: ``uprobe`` or ``uretprobe``.
        binary: Path of the program or library, or a library's name (``libc.so.6``); else the
            section's, which reads ``uprobe/path:function+offset``.
        function: The function's name.
        offset: Bytes from its start; without a function from the file's start.
        pid: One process, else all that run or will run the file.
        cookie: What the program gets from ``bpf_get_attach_cookie()`` (Linux 5.15).
    """
    path, _, place = (program.target or "").rpartition(":")
    wanted = os.fspath(binary) if binary is not None else path
    if function is None and not offset:
        function, _, inside = place.partition("+")
        offset = int(inside or "0", 0)
    if not wanted or not (function or offset):
        raise UsageError(
            f"cannot attach {program.name}",
            "a file, and a function or an offset in it, are needed",
            f"write SEC('{kind}/path:function'), or give binary= and function= here",
        )
    found = find_binary(program, wanted)
    what = f"cannot attach {program.name} to {found}:{function or hex(offset)}"
    start = _offset(what, found, function) if function else 0
    event = _open(what, kind, found, start + offset, pid)
    return link_perf_events(program, kind, f"{found}:{function or hex(offset)}", [event], cookie)


def _open(what: str, kind: str, binary: str, offset: int, pid: int) -> int:
    pmu = host.probe_pmu("uprobe")
    if pmu is None:
        raise NotSupported(
            what,
            f"ENOENT: no {host.PMU_FOLDER}/uprobe (no CONFIG_UPROBE_EVENTS, or no /sys)",
            "",
            errno=errno.ENOENT,
            call=f"perf_event_open({kind})",
        )
    path = ffi.new("char[]", os.fsencode(binary))  # the kernel copies it
    config = (kind == "uretprobe") << pmu.return_bit
    event = (pmu.type, config, int(ffi.cast("uintptr_t", path)), offset)
    return open_perf_event(what, kind, event, pid=pid, cpu=-1 if pid >= 0 else 0)


def _offset(what: str, binary: str, function: str) -> int:
    from pyicmp.bpf.spec.executable import function_offset

    return function_offset(what, binary, function)


def find_binary(program: Program, wanted: str) -> str:
    """
    Return the path of a program or library.

    Raises:
        UsageError: There is no such file.
    """
    if "/" in wanted:
        candidates = [wanted]
    else:
        triplet = f"{os.uname().machine}-linux-gnu"
        folders = [f"/lib/{triplet}", f"/usr/lib/{triplet}", *LIBRARIES]
        folders += os.environ.get("PATH", "").split(":")
        candidates = [f"{folder}/{wanted}" for folder in folders]
    for candidate in candidates:
        if os.path.isfile(candidate):
            return candidate
    raise UsageError(
        f"cannot attach {program.name}", f"there is no file {wanted}", "give its whole path"
    )
