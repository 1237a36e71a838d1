"""The commands beside ``trace``: modules of their names with ``run(arguments)``, imported late."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["COMMANDS", "command"]

# name: what the main help says of it, arguments first
COMMANDS = {
    "why": ("[HOST]", "what becomes of each echo request that comes"),
    "drops": ("", "ICMP that is dropped here: why, and where"),
    "rtt": ("[HOST...]", "round-trip times, and where they went"),
    "doctor": ("", "what works on this host, what does not, and why"),
    "verify": ("OBJECT BTF...", "will the object load on those kernels?"),
    "inspect": ("OBJECT", "what an object holds, and what it needs"),
    "minbtf": ("OBJECT BTF...", "cut each kernel BTF to what the object needs"),
    "gen": ("OBJECT", "a typed Python module for any BPF object"),
}


def command(name: str) -> Callable[[Sequence[str]], int] | None:
    """Return what runs the command *name*, or ``None`` if there is none."""
    if name not in COMMANDS:
        return None
    from importlib import import_module

    run: Callable[[Sequence[str]], int] = import_module(f"pyicmp.cli.{name}").run
    return run
