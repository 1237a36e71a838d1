"""Effects of errors as lines: the trace's words and what came of it, JSON for programs."""

from __future__ import annotations

from pyicmp.icmp.effects.effect import errno_name
from pyicmp.sinks import Style
from pyicmp.sinks.jsonl import as_dict, as_json
from pyicmp.sinks.text import Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyicmp.icmp.effects.effect import Effect, Mtus

    EffectRenderer = Callable[[Iterable[Effect]], bytes]

__all__ = ["EFFECT_FORMATS", "EffectText", "effect_dict", "effect_renderer", "words"]

EFFECT_FORMATS = ("text", "json")
PLAIN = {
    "mtu_known": "path MTU known already",
    "mtu_refused": "path MTU not taken (IP_PMTUDISC_INTERFACE or IP_PMTUDISC_OMIT)",
    "deferred": "socket busy, path MTU later",
    "soft_error": "soft error, TCP goes on trying",
    "no_socket": "no matching socket",
    "no_handler": "no handler for that protocol",
    "handed_on": "handed to that protocol",
    "out_of_window": "TCP sequence number out of window",
    "ignored": "ignored",
    "redirected": "route redirected",
    "malformed": "not delivered (bad checksum, or malformed)",
    "not_delivered": "not delivered, cause not seen",
    "unknown": "effect not seen",
    "forwarded": "forwarded",
}
# Of these the reason is why the program has not heard of it.
UNTOLD = frozenset({"mtu_reduced", "mtu_known", "not_told"})
NS_PER_MS = 1e6


def words(effect: Effect) -> str:
    """Return an effect in words, as ``path MTU 1500 -> 1420, EMSGSIZE delivered``."""
    parts = [_mtu(effect), _told(effect)]
    if effect.later_ns is not None:
        parts.append(f"{effect.later_ns / NS_PER_MS:.3f} ms later")
    text = ", ".join(filter(None, parts))
    if text:
        return text
    plain = PLAIN.get(effect.effect or "", "")
    because = (effect.sysctl or "").removeprefix("net.ipv4.") or effect.reason
    return f"{plain} ({because})" if plain and because else plain


def _mtu(effect: Effect) -> str:
    mtu, route = effect.mtu, effect.route_mtu
    if mtu is None:
        return PLAIN["mtu_known"] if effect.effect == "mtu_known" else ""
    return _change(mtu) + (f" (route {_change(route)[9:]})" if route and route != mtu else "")


def _change(mtu: Mtus) -> str:
    before, after = mtu
    return f"path MTU stays {after}" if before == after else f"path MTU {before} -> {after}"


def _told(effect: Effect) -> str:
    if effect.effect == "soft_error":  # TCP that connects queues errors, be they asked for or not
        return ""
    errnos = {effect.queued: "queued", effect.errno: "delivered"}
    if effect.queued and effect.queued == effect.errno:
        return f"{errno_name(effect.queued)} queued and delivered"
    told = [f"{errno_name(number)} {how}" for number, how in errnos.items() if number]
    if not told and effect.reason and effect.effect in UNTOLD:
        told.append(f"program not told ({effect.reason})")
    return ", ".join(told)


def effect_renderer(name: str, style: Style | None = None) -> EffectRenderer:
    """Return the function that renders effects in the format *name*, one of the above."""
    return _json if name == "json" else EffectText(style or Style())


class EffectText:
    """
    Renders each effect as the trace's line of its error, and what came of it.

    Args:
        style: How the lines look.
    """

    def __init__(self, style: Style) -> None:
        self._text = Text(style)

    def __call__(self, effects: Iterable[Effect]) -> bytes:
        """Return the lines."""
        return b"".join([self._lines(effect) for effect in effects])

    def _lines(self, effect: Effect) -> bytes:
        line, newline, more = self._text([effect.error]).partition(b"\n")
        told = words(effect).encode("ascii")
        return b"".join((line, b", " if told else b"", told, newline, more))


def _json(effects: Iterable[Effect]) -> bytes:
    """Render each effect as one line of ASCII."""
    return "".join(f"{as_json(effect_dict(one))}\n" for one in effects).encode("ascii")


def effect_dict(effect: Effect) -> dict[str, object]:
    """Return an effect as JSON has it: its error, as the trace has that, and what it did."""
    line = as_dict(effect.error)
    known = {
        "effect": effect.effect,
        "reason": effect.reason,
        "errno": effect.errno,
        "queued_errno": effect.queued,
        "socket_mtu": _mtu_dict(effect.socket_mtu),
        "route_mtu": _mtu_dict(effect.route_mtu),
        "sysctl": effect.sysctl,
        "sockets": effect.sockets or None,
        "later_ns": effect.later_ns,
    }
    line |= {key: value for key, value in known.items() if value is not None}
    return line


def _mtu_dict(mtu: Mtus | None) -> dict[str, int] | None:
    return mtu and dict(zip(("before", "after"), mtu, strict=True))
