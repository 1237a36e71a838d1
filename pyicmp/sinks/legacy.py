"""The line of the 2021 bcc script, byte for byte, for whoever still parses it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyicmp.icmp.event import IcmpEvent

__all__ = ["render"]


def render(events: Iterable[IcmpEvent]) -> bytes:
    """Render events as the script did; only IPv4, since it knew nothing else."""
    lines = [
        f"Source: {event.src}; Destination: {event.dst}; Protocol: {event.protocol}.\n"
        for event in events
        if event.family == 4
    ]
    return "".join(lines).encode("ascii")
