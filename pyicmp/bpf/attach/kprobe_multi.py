"""kprobe.multi, kretprobe.multi, kprobe.session: many kernel functions by one link."""

from __future__ import annotations

import errno
import re
import struct

from pyicmp.bpf._native import ffi
from pyicmp.bpf.attach.made import link_create
from pyicmp.errors import NotSupported, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyicmp.bpf.link import Link
    from pyicmp.bpf.program import Program

__all__ = ["attach", "traceable_functions"]

KPROBE_MULTI, KPROBE_SESSION = 42, 56  # enum bpf_attach_type
F_RETURN = 1
FILTER_FUNCTIONS = "available_filter_functions"
TRACEFS = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")


def attach(
    program: Program,
    kind: str,
    *,
    function: str | Sequence[str] | None = None,
    cookie: int = 0,
) -> Link:
    """
    Attach to all functions that a pattern, or a list of names and patterns, means.

    Args:
        program: The program.
        kind: ``kprobe.multi``, ``kretprobe.multi``, ``kprobe.session``.
        function: Names; ``*`` stands for any characters and ``?`` for one. Patterns take only
            functions that can be traced, as tracefs lists them.
        cookie: What the program gets from ``bpf_get_attach_cookie()``.
    """
    wanted = function or program.target or ()
    names = _names(program, [wanted] if isinstance(wanted, str) else list(wanted))
    texts = [ffi.new("char[]", name.encode()) for name in names]
    array = ffi.new("char *[]", texts)
    cookies = ffi.new("uint64_t[]", [cookie] * len(names)) if cookie else ffi.NULL
    tail = struct.pack(
        "=IIQQQ",
        F_RETURN if kind == "kretprobe.multi" else 0,
        len(names),
        int(ffi.cast("uintptr_t", array)),
        0,
        int(ffi.cast("uintptr_t", cookies)),
    )
    said = names[0] if len(names) == 1 else f"{len(names)} functions"
    attach_type = KPROBE_SESSION if kind == "kprobe.session" else KPROBE_MULTI
    return link_create(program, kind, said, attach_type, tail=tail)


def _names(program: Program, wanted: list[str]) -> list[str]:
    what = f"cannot attach {program.name}"
    if not wanted:
        raise UsageError(what, "no function is named", "give some: attach(function='tcp_*')")
    names = {name for name in wanted if not set(name) & set("*?")}
    for pattern in sorted(set(wanted) - names):
        found = traceable_functions(pattern)
        if not found:
            raise NotSupported(
                f"{what} to {pattern}",
                "no function that can be traced has such a name",
                f"see {FILTER_FUNCTIONS} in tracefs",
                errno=errno.ENOENT,
            )
        names.update(found)
    return sorted(names)


def traceable_functions(pattern: str) -> list[str]:
    """
    Return the kernel functions that can be traced and whose names fit *pattern*.

    A name that two functions bear is left out: the kernel would not know which is meant.

    Raises:
        NotSupported: tracefs is not mounted, or this kernel has no ftrace.
    """
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    wanted = re.compile(rf"^({expression})(?: \[\w+\])?$", re.MULTILINE)
    seen: dict[str, int] = {}
    for name in wanted.findall(_filter_functions()):
        seen[name] = seen.get(name, 0) + 1
    return sorted(name for name, count in seen.items() if count == 1)


def _filter_functions() -> str:
    for folder in TRACEFS:
        try:
            with open(f"{folder}/{FILTER_FUNCTIONS}", encoding="ascii") as file:
                return file.read()
        except OSError as error:
            last = error
    raise NotSupported(
        "cannot find functions by a pattern",
        f"cannot read {TRACEFS[0]}/{FILTER_FUNCTIONS}: {last.strerror}",
        f"mount -t tracefs tracefs {TRACEFS[0]}, or give names",
        errno=last.errno or errno.ENOENT,
    )
