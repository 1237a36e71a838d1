"""Ways for records to leave the kernel: each is made, opened, and freed."""

from __future__ import annotations

from pyicmp.errors import BpfError, PyicmpError
from pyicmp.icmp.attachment import EVENTS, prepare
from pyicmp.icmp.request import Request
from pyicmp.icmp.transport import Transport, has_rings, no_ring
from pyicmp.icmp.view import BUFFER_LEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyicmp import bpf

__all__ = ["try_transports"]

# What doctor calls it, and whether it is a ring.
_KINDS = {"ring buffer": True, "perf buffer": False}


def try_transports(open_object: Callable[[], bpf.OpenObject]) -> list[dict[str, Any]]:
    """Return what became of a ring buffer and of perf buffers, as large as a run's."""
    return [_try(name, open_object, is_ring) for name, is_ring in _KINDS.items()]


def _try(name: str, open_object: Callable[[], bpf.OpenObject], is_ring: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"transport": name, "ok": False, "errno": None, "why": None}
    try:
        with open_object() as opened:
            _make(opened, is_ring)
        told["ok"] = True
    except PyicmpError as error:
        told["errno"] = error.errno if isinstance(error, BpfError) else None
        told["why"] = error.why if _is_its_own(error) else f"not tried: {error.why}"
    return told


def _make(opened: bpf.OpenObject, is_ring: bool) -> None:
    """Load the object without a program, and open what records would come through."""
    if is_ring and not has_rings():
        raise no_ring(EVENTS)
    transport, request = Transport(BUFFER_LEN, is_ring), Request()
    prepare(opened, "", (), transport, request)
    with opened.load() as obj, transport.open(obj, EVENTS, request.rings(obj)[EVENTS]):
        pass


def _is_its_own(error: PyicmpError) -> bool:
    """Tell whether the transport was refused, and not what must be had before it."""
    if not isinstance(error, BpfError):
        return False
    return "failed to create" in error.log or error.call != "bpf_object__load"
