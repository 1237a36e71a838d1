"""At the end of ``pyicmp errors``: a sentence per kind of error and what it did, and a way on."""

from __future__ import annotations

from pyicmp.cli.causes import in_netns, within
from pyicmp.icmp.effects.effect import is_too_big
from pyicmp.icmp.types import message_text
from pyicmp.sinks.effects import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyicmp.icmp.effects.effect import Effect

    # What the error says, what it did, in which network namespace.
    Kind = tuple[str, str, int]

__all__ = ["Consequences"]

RECVERR = {4: "IP_RECVERR", 6: "IPV6_RECVERR"}
KNOWN = {
    "mtu_refused": "the program has asked for that",
    "soft_error": "TCP gives up only if that goes on",
    "no_socket": "forged, or the socket was closed meanwhile",
    "out_of_window": "forged, or too late",
    "malformed": "damaged on its way, or made so by the sender",
}
UNLEARNED = "path MTUs are not learned, so large packets may vanish"


class Consequences:
    """Counts errors by kind, effect and network namespace."""

    def __init__(self) -> None:
        self._counts: dict[Kind, int] = {}
        self._examples: dict[Kind, Effect] = {}

    def add(self, effects: Iterable[Effect]) -> None:
        """Count some more."""
        for effect in effects:
            kind = _says(effect), _does(effect), effect.error.netns
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._examples.setdefault(kind, effect)

    def sentences(self) -> Iterator[str]:
        """Yield a line for each kind, the most frequent first."""
        for kind in sorted(self._counts, key=lambda one: -self._counts[one]):
            says, does, netns = kind
            line = f"{self._counts[kind]} {says}{in_netns(netns)}{does and f': {does}'}"
            because, command = _advice(self._examples[kind])
            yield "; ".join(filter(None, (line, because, command and f"try: {command}")))


def _says(effect: Effect) -> str:
    error = effect.error
    text = message_text(error.family, error.type or 0, error.code or 0)
    if is_too_big(error) and error.inner:
        text += f" (to {error.inner.dst}, mtu {error.mtu}, says {error.src})"
    return text


def _does(effect: Effect) -> str:
    told = words(effect)
    if effect.later_ns is not None:
        told = f"{told.rpartition(', ')[0]}, later"
    return told or effect.effect or ""


def _advice(effect: Effect) -> tuple[str, str]:
    """Return why, in other words, and the command that changes it or shows more."""
    error, netns = effect.error, within(effect.error.netns)
    if effect.sysctl is not None:
        return UNLEARNED, f"{netns}sysctl -w {effect.sysctl.partition('=')[0]}=0"
    if effect.effect in ("mtu_reduced", "mtu_known") and error.inner:
        return "", f"{netns}ip route get {error.inner.dst}"
    if effect.effect == "not_told":
        return f"programs are told if they connect() or set {RECVERR[error.family]}", ""
    return KNOWN.get(effect.effect or "", ""), ""
