"""How each family makes its link: by a link of the kernel, or by a perf event."""

from __future__ import annotations

import errno
import os
import struct

from pyicmp.bpf._native import lib
from pyicmp.bpf.call import check
from pyicmp.bpf.link import Link
from pyicmp.errors import BpfError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyicmp.bpf.program import Program

__all__ = ["create", "link_create", "link_of", "link_perf_events", "open_perf_event"]

LINK_CREATE = 28  # enum bpf_cmd
PERF_EVENT = 41  # enum bpf_attach_type
IOC_ENABLE, IOC_SET_BPF = 0x2400, 0x40042408  # include/uapi/linux/perf_event.h


def link_of(program: Program, fd: int, kind: str, function: str, more: Sequence[int] = ()) -> Link:
    """Return a link that is closed with the program's object."""
    return Link(fd, function, kind, program.links, more)


def link_create(
    program: Program,
    kind: str,
    function: str,
    attach_type: int,
    *,
    target: int = 0,
    flags: int = 0,
    tail: bytes = b"",
) -> Link:
    """
    Attach by ``BPF_LINK_CREATE``.

    Args:
        program: What to attach.
        kind: How errors and the link call the way.
        function: To what.
        attach_type: The kernel's ``enum bpf_attach_type``.
        target: A descriptor or an interface's index, as the type has it.
        flags: As the type has it.
        tail: The part of ``union bpf_attr`` that depends on the type.
    """
    what = f"cannot attach {program.name} to {function}"
    fd = create(what, kind, (program.fileno(), target, attach_type, flags), tail)
    return link_of(program, fd, kind, function)


def create(what: str, kind: str, head: tuple[int, int, int, int], tail: bytes = b"") -> int:
    """
    Make a link by ``BPF_LINK_CREATE`` and return its descriptor.

    Args:
        what: What is wanted, for the message.
        kind: What errors call the link.
        head: program, target, ``enum bpf_attach_type`` and flags.
        tail: The part of ``union bpf_attr`` that depends on the type.
    """
    attr = struct.pack("=IIII", *head) + tail
    call = f"bpf(BPF_LINK_CREATE, {kind})"
    return check(what, lib.pyicmp_bpf, LINK_CREATE, attr, len(attr), call=call)


def open_perf_event(
    what: str,
    kind: str,
    event: tuple[int, int, int, int],
    *,
    pid: int = -1,
    cpu: int = 0,
    period: int = 0,
    frequency: int = 0,
) -> int:
    """
    Open a perf event and return its descriptor.

    Args:
        what: What is wanted, for the message.
        kind: What errors call it.
        event: type, config, config1 and config2 of ``struct perf_event_attr``.
        pid: A process, or -1 for all.
        cpu: A CPU, or -1 for all; one of both must be given.
        period: Events between samples; or
        frequency: samples a second.
    """
    return check(
        what,
        lib.pyicmp_perf_event_open,
        *event,
        frequency or period,
        bool(frequency),
        pid,
        cpu,
        call=f"perf_event_open({kind})",
    )


def link_perf_events(
    program: Program, kind: str, function: str, events: Sequence[int], cookie: int = 0
) -> Link:
    """Attach to open perf events, which the link takes over; enable them."""
    made: list[int] = []
    try:
        for event in events:
            made.append(_link_perf_event(program, kind, function, event, cookie))
    except BaseException:
        for fd in {*events, *made}:
            os.close(fd)
        raise
    for fd in set(events) - set(made):  # the kernel's link holds the event
        os.close(fd)
    return link_of(program, made[0], kind, function, made[1:])


def _link_perf_event(program: Program, kind: str, function: str, event: int, cookie: int) -> int:
    what = f"cannot attach {program.name} to {function}"
    head, fd = (program.fileno(), event, PERF_EVENT, 0), event
    try:
        fd = create(what, kind, head, struct.pack("=Q", cookie))
    except BpfError as error:
        if error.errno != errno.EINVAL or cookie:
            raise
        # Before 5.15 no link: the event's own descriptor holds the program.
        check(what, _ioctl, event, IOC_SET_BPF, program.fileno(), call=f"ioctl({kind})")
    check(what, _ioctl, event, IOC_ENABLE, 0, call=f"ioctl({kind})")
    return fd


def _ioctl(fd: int, request: int, argument: int) -> int:
    import fcntl

    try:
        return fcntl.ioctl(fd, request, argument)
    except OSError as error:
        return -(error.errno or errno.EIO)
