"""The two funnels through which every call to libbpf goes: a result, or an exception."""

from __future__ import annotations

from pyicmp.bpf._native import ffi, lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from pyicmp.bpf._native import CData
    from pyicmp.errors import BpfError

    Pointer = TypeVar("Pointer", bound=CData)

__all__ = ["check", "each", "last_log", "pointer", "string"]


def string(cdata: CData) -> str:
    """Return a C string, or an empty one for NULL."""
    return ffi.string(cdata).decode("utf-8", "backslashreplace") if cdata else ""


def last_log() -> str:
    """Return what libbpf said during this thread's last call through here."""
    return string(lib.pyicmp_log_end())


def check(what: str, function: Callable[..., int], *args: object, call: str = "") -> int:
    """
    Call *function*, which returns below zero if it fails.

    Args:
        what: What is wanted, as the message's first part: ``cannot load icmp.bpf.o``.
        function: A function of ``lib``.
        args: Its arguments.
        call: What errors call it, if the function's name says too little.

    Raises:
        BpfError: As the hints say, with libbpf's log.
    """
    lib.pyicmp_log_begin()
    result = function(*args)
    log = last_log()
    if result < 0:
        raise _error(what, -result, call or function.__name__, log)
    return result


def pointer(what: str, function: Callable[..., Pointer], *args: object) -> Pointer:
    """Call *function*, which returns NULL and sets errno if it fails; else as ``check``."""
    lib.pyicmp_log_begin()
    result = function(*args)
    errno = ffi.errno
    log = last_log()
    if not result:
        raise _error(what, errno, function.__name__, log)
    return result


def _error(what: str, errno: int, call: str, log: str) -> BpfError:
    from pyicmp.bpf.hints import bpf_error  # a start that goes well does without

    return bpf_error(what, errno=errno, call=call, log=log)


def each(following: Callable[[CData, CData], CData], parent: CData) -> Iterator[CData]:
    """Yield what libbpf iterates over with a ``…__next_…(parent, previous)`` function."""
    item = following(parent, ffi.NULL)
    while item:
        yield item
        item = following(parent, item)
