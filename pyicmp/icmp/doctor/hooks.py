"""Each hook and each way to attach it: really attached for a moment, and met on purpose."""

from __future__ import annotations

import os
import socket
from mmap import PAGESIZE
from time import monotonic, sleep

from pyicmp import bpf
from pyicmp.bpf.host import probes_disarmed
from pyicmp.errors import BpfError, PyicmpError
from pyicmp.icmp.attachment import load
from pyicmp.icmp.doctor.loopback import send
from pyicmp.icmp.hooks import ALL, FORK, SOCKETS, WAYS
from pyicmp.icmp.request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyicmp.icmp.attachment import Attachment
    from pyicmp.icmp.hooks import Hook

    # Opens the object that is to be tried.
    Open = Callable[[], bpf.OpenObject]

__all__ = ["SILENT", "try_hooks"]

SILENT = "silent: it attaches, and is not met"
# How long a hook may take to be met, seconds: loopback and fork are done when they return.
PATIENCE = 0.2


def try_hooks(open_object: Open) -> list[dict[str, Any]]:
    """
    Return what became of each way to attach each hook, nothing of which stays.

    ``ok`` means that it attached and was met. Why it was not: ``errno`` is the kernel's refusal, or
    None if it attached and stayed silent. A hook that nothing could be sent through is ``ok``,
    and ``why`` says so.

    Args:
        open_object: Opens the object.
    """
    return [
        {"hook": hook.name, "ways": [_try(open_object, hook, way, family) for way in _ways(hook)]}
        for hook, family in ALL
    ]


def _ways(hook: Hook) -> list[str]:
    """Return the ways that differ for this hook."""
    by_program = {hook.program(way): way for way in reversed(WAYS) if way in hook.programs}
    return list(reversed(by_program.values()))


def _try(open_object: Open, hook: Hook, way: str, family: int) -> dict[str, Any]:
    told: dict[str, Any] = {"way": hook.kind(way), "ok": False, "errno": None, "why": None}
    request = Request(root_pid=os.getpid()) if hook is FORK else Request()
    try:
        with open_object() as opened:
            attachment = load(opened, way, [hook], PAGESIZE, request)
    except PyicmpError as error:
        told["errno"] = error.errno if isinstance(error, BpfError) else None
        told["why"] = error.why
        return told
    try:
        met = _is_met(attachment, hook, family)
        told["ok"] = met
        if not met:
            known = probes_disarmed() if told["way"] not in ("tracepoint", "iter") else ""
            told["why"] = f"{SILENT}: {known}" if known else SILENT
    except PyicmpError as error:
        told["ok"], told["why"] = True, f"attached, not tried: {error.why}"
    finally:
        attachment.close()
    return told


def _is_met(attachment: Attachment, hook: Hook, family: int) -> bool:
    if hook is FORK:
        return _sees_a_child(attachment)
    if hook is SOCKETS:
        return _lists_a_socket(attachment)
    send(family).close()
    give_up = monotonic() + PATIENCE
    while not (met := attachment.counters()[0] > 0) and monotonic() < give_up:
        sleep(PATIENCE / 20)
    return met


def _sees_a_child(attachment: Attachment) -> bool:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return child in attachment.tree


def _lists_a_socket(attachment: Attachment) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        if attachment.sockets is None:
            return False
        owner = attachment.sockets.holder(os.fstat(own.fileno()).st_ino)
    return owner is not None and owner[0] == os.getpid()
