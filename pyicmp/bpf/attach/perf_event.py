"""perf_event: run at each sample of a counter."""

from __future__ import annotations

import os

from pyicmp.bpf.attach.made import link_perf_events, open_perf_event
from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.link import Link
    from pyicmp.bpf.program import Program

__all__ = ["attach"]

# enum perf_type_id
TYPES = {"hardware": 0, "software": 1, "tracepoint": 2, "cache": 3, "raw": 4, "breakpoint": 5}


def attach(
    program: Program,
    kind: str,
    *,
    event: int | None = None,
    type: str | int = "software",  # noqa: A002 - the kernel's name for it
    config: int = 0,
    period: int = 0,
    frequency: int = 0,
    pid: int = -1,
    cpu: int = -1,
) -> Link:
    """
    Attach to a perf event: an open one, or one described here.

    Args:
        program: The program.
        kind: ``perf_event``.
        event: An open perf event's descriptor, which stays the caller's.
        type: ``hardware``, ``software`` …, or the number of a source in
            ``/sys/bus/event_source/devices``.
        config: Which of its events; 0 is CPU cycles for hardware, the CPU clock for software.
        period: Events between two samples; or
        frequency: samples a second, Hz.
        pid: One process; else all.
        cpu: One CPU; else every online one, unless a process is given.
    """
    if event is not None:
        return link_perf_events(program, kind, f"perf event {event}", [os.dup(event)])
    number = TYPES.get(type) if isinstance(type, str) else type
    what = f"cannot attach {program.name} to a perf event"
    if number is None:
        raise UsageError(what, f"there is no type {type}", f"name one of {', '.join(TYPES)}")
    if not (period or frequency):
        raise UsageError(what, "it would never sample", "give period= or frequency=")
    cpus = [cpu] if cpu >= 0 or pid >= 0 else online_cpus()
    events: list[int] = []
    try:
        for one in cpus:
            events.append(
                open_perf_event(
                    what,
                    kind,
                    (number, config, 0, 0),
                    pid=pid,
                    cpu=one,
                    period=period,
                    frequency=frequency,
                )
            )
    except BaseException:
        for fd in events:
            os.close(fd)
        raise
    return link_perf_events(program, kind, f"{type} event {config}", events)


def online_cpus() -> list[int]:
    """Return the numbers of the CPUs that run."""
    with open("/sys/devices/system/cpu/online", encoding="ascii") as file:
        ranges = [part.partition("-") for part in file.read().strip().split(",")]
    return [cpu for low, _, high in ranges for cpu in range(int(low), int(high or low) + 1)]
