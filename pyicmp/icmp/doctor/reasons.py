"""Why hooks cannot be had: each reason once, with all that it keeps away."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

__all__ = ["reasons"]

_EVERYTHING = "all"


def reasons(hooks: Sequence[dict[str, Any]]) -> Iterator[str]:
    """
    Yield ``what: why``, where what is ``all``, a way by all hooks that have it, or single ones.

    Example:
        >>> ways = [{"way": "kprobe", "why": "EPERM: no"}, {"way": "fexit", "why": None}]
        >>> list(reasons([{"hook": "icmp_rcv", "ways": ways}]))
        ['kprobe: EPERM: no']
    """
    hooks_by_way: dict[str, set[str]] = {}
    by_reason: dict[str, dict[str, set[str]]] = {}
    for hook in hooks:
        for one in hook["ways"]:
            hooks_by_way.setdefault(one["way"], set()).add(hook["hook"])
            if one["why"]:
                met = by_reason.setdefault(one["why"], {})
                met.setdefault(one["way"], set()).add(hook["hook"])
    for why, met in by_reason.items():
        yield f"{', '.join(_concerned(met, hooks_by_way))}: {why}"


def _concerned(met: dict[str, set[str]], hooks_by_way: dict[str, set[str]]) -> list[str]:
    if met == hooks_by_way:
        return [_EVERYTHING]
    concerned = []
    for way, names in met.items():
        if names == hooks_by_way[way]:
            concerned.append(way)
        else:
            concerned += [f"{name} by {way}" for name in sorted(names)]
    return concerned
