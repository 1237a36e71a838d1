"""Each hook and each way to attach it: really attached for a moment, and met on purpose."""

from __future__ import annotations

import os
import socket
from mmap import PAGESIZE
from time import monotonic, sleep

from pyicmp.bpf.host import probes_disarmed
from pyicmp.errors import BpfError, PyicmpError
from pyicmp.icmp.attachment import COUNTERS, prepare
from pyicmp.icmp.doctor.loopback import send
from pyicmp.icmp.hooks import ALL, FORK, SOCKETS, WAYS
from pyicmp.icmp.request import Request
from pyicmp.icmp.sockets import SocketOwners
from pyicmp.icmp.transport import Transport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pyicmp import bpf
    from pyicmp.bpf.link import Link
    from pyicmp.icmp.hooks import Hook

    # Opens the object that is to be tried.
    Open = Callable[[], bpf.OpenObject]
    # A hook, and the IP version that it sees.
    Seeing = tuple[Hook, int]
    Told = dict[str, Any]

__all__ = ["SILENT", "try_hooks"]

SILENT = "silent: it attaches, and is not met"
# How long a hook may take to be met, seconds: loopback and fork are done when they return.
PATIENCE = 0.2


def try_hooks(open_object: Open) -> list[Told]:
    """
    Return what became of each way to attach each hook, nothing of which stays.

    ``ok`` means that it attached and was met. Why it was not: ``errno`` is the kernel's refusal, or
    None if it attached and stayed silent. A hook that nothing could be sent through is ``ok``,
    and ``why`` says so.

    Args:
        open_object: Opens the object.
    """
    told: dict[str | None, Told] = {}
    for way in WAYS:
        group = [(hook, family) for hook, family in ALL if way in _ways(hook)]
        told.update(_try_all(open_object, way, group))
    return [
        {"hook": hook.name, "ways": [told[hook.program(way)] for way in _ways(hook)]}
        for hook, _ in ALL
    ]


def _ways(hook: Hook) -> list[str]:
    """Return the ways that differ for this hook."""
    by_program = {hook.program(way): way for way in reversed(WAYS) if way in hook.programs}
    return list(reversed(by_program.values()))


def _try_all(open_object: Open, way: str, group: list[Seeing]) -> Iterator[tuple[str | None, Told]]:
    """Yield each program and what became of it: loaded together, attached one by one."""
    try:
        with open_object() as opened:
            prepare(opened, way, [hook for hook, _ in group], Transport(PAGESIZE), Request())
            obj = opened.load()
    except PyicmpError as error:
        if len(group) == 1:
            yield group[0][0].program(way), _told(group[0][0], way, error)
            return
        for one in group:  # a program that cannot be loaded fails the whole object
            yield from _try_all(open_object, way, [one])
        return
    with obj:
        obj.maps["tree"][os.getpid()] = 1
        for hook, family in group:
            yield hook.program(way), _try(obj, hook, way, family)


def _told(hook: Hook, way: str, error: PyicmpError | None = None) -> Told:
    number = error.errno if isinstance(error, BpfError) else None
    return {
        "way": hook.kind(way),
        "ok": error is None,
        "errno": number,
        "why": error.why if error else None,
    }


def _try(obj: bpf.Object, hook: Hook, way: str, family: int) -> Told:
    told = _told(hook, way)
    try:
        link = obj.programs[hook.program(way) or ""].attach()
    except PyicmpError as error:
        return _told(hook, way, error)
    with link:
        try:
            met = _is_met(obj, link, hook, family)
        except PyicmpError as error:
            return {**told, "why": f"attached, not tried: {error.why}"}
    if met:
        return told
    known = probes_disarmed() if told["way"] not in ("tracepoint", "iter") else ""
    return {**told, "ok": False, "why": f"{SILENT}: {known}" if known else SILENT}


def _is_met(obj: bpf.Object, link: Link, hook: Hook, family: int) -> bool:
    if hook is FORK:
        return _sees_a_child(obj)
    if hook is SOCKETS:
        return _lists_a_socket(obj, link)
    before, give_up = _seen(obj), monotonic() + PATIENCE
    send(family).close()
    while not (met := _seen(obj) > before) and monotonic() < give_up:
        sleep(PATIENCE / 20)
    return met


def _seen(obj: bpf.Object) -> int:
    return sum(count["events"]["seen"] for count in obj.maps[COUNTERS].values())


def _sees_a_child(obj: bpf.Object) -> bool:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return child in obj.maps["tree"]


def _lists_a_socket(obj: bpf.Object, link: Link) -> bool:
    sockets = SocketOwners(link.read, obj.layout("icmp_socket"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        owner = sockets.holder(os.fstat(own.fileno()).st_ino)
    return owner is not None and owner[0] == os.getpid()
