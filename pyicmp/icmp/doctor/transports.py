"""Ways for records to leave the kernel: each is made, opened, and freed."""

from __future__ import annotations

from pyicmp.errors import BpfError, PyicmpError
from pyicmp.icmp.attachment import EVENTS
from pyicmp.icmp.transport import make_perf
from pyicmp.icmp.view import BUFFER_LEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyicmp import bpf

__all__ = ["try_transports"]


def try_transports(open_object: Callable[[], bpf.OpenObject]) -> list[dict[str, Any]]:
    """Return what became of a ring buffer, as large as a run's, and of a perf buffer."""
    return [_try(name, open_object, trial) for name, trial in _TRIALS.items()]


def _try(
    name: str,
    open_object: Callable[[], bpf.OpenObject],
    trial: Callable[[bpf.OpenObject], None],
) -> dict[str, Any]:
    told: dict[str, Any] = {"transport": name, "ok": False, "errno": None, "why": None}
    try:
        with open_object() as opened:
            for program in opened.programs.values():
                program.autoload = False
            trial(opened)
        told["ok"] = True
    except PyicmpError as error:
        told["errno"] = error.errno if isinstance(error, BpfError) else None
        told["why"] = error.why if _is_its_own(error) else f"not tried: {error.why}"
    return told


def _is_its_own(error: PyicmpError) -> bool:
    """Tell whether the transport was refused, and not what must be had before it."""
    if not isinstance(error, BpfError):
        return False
    return "failed to create" in error.log or error.call != "bpf_object__load"


def _ring(opened: bpf.OpenObject) -> None:
    opened.maps[EVENTS].max_entries = BUFFER_LEN
    with opened.load() as loaded, loaded.ring(EVENTS):
        pass


def _perf(opened: bpf.OpenObject) -> None:
    make_perf(opened.maps[EVENTS])
    with opened.load() as loaded, loaded.perf(EVENTS):
        pass


_TRIALS = {"ring buffer": _ring, "perf buffer": _perf}
