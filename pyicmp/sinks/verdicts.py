"""Verdicts as lines: words for people, JSON for programs."""

from __future__ import annotations

from pyicmp.errors import printable
from pyicmp.sinks import Style
from pyicmp.sinks.clock import clock
from pyicmp.sinks.jsonl import as_dict, as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyicmp.icmp.event import IcmpEvent
    from pyicmp.icmp.verdicts.verdict import Verdict

    VerdictRenderer = Callable[[Iterable[Verdict]], bytes]

__all__ = [
    "PROTOCOLS",
    "VERDICT_FORMATS",
    "VerdictText",
    "ends",
    "reason_and_place",
    "verdict_dict",
    "verdict_renderer",
    "verdicts_json",
    "words",
]

VERDICT_FORMATS = ("text", "json")
PROTOCOLS = {4: "IP", 6: "IP6"}
PLAIN = {
    "unknown": "not answered, cause not seen",
    "reply_not_built": "reply not built (no memory, or the send buffer is full)",
    "not_for_us": "not for us",
    "no_socket": "no socket that it concerns",
    "forwarded": "forwarded",
    "dropped": "dropped",
    "reply_dropped": "reply dropped",
    "no_route_back": "no route back",
    "ignored": "ignored",
    "rate_limited": "rate-limited",
}
LIMITS = {"host": "per host", "global": "global"}
NS_PER_MS = 1e6
RED, GREEN, PLAIN_COLOR = "\x1b[31m", "\x1b[32m", "\x1b[0m"


def words(verdict: Verdict, exact: bool = False) -> str:
    """
    Return a verdict in words, as ``dropped (NETFILTER_DROP at nft_do_chain)``.

    Args:
        verdict: What became of a message.
        exact: Say how far into the function that is.
    """
    if verdict.outcome == "answered":
        bound = "at most " if verdict.at_most else ""
        return f"answered after {bound}{(verdict.reply_ns or 0) / NS_PER_MS:.3f} ms"
    text = "hop limit ended here" if verdict.expired else PLAIN[verdict.outcome]
    if verdict.later:
        text += " later"
    if verdict.transit and not verdict.expired:
        text += " in transit"
    because = reason_and_place(verdict, exact)
    return f"{text} ({because})" if because else text


def reason_and_place(verdict: Verdict, exact: bool = False) -> str:
    """Return why it was so, and where that was; empty if neither is known."""
    if verdict.sysctl is not None:
        setting = (verdict.setting or "").removeprefix("net.ipv4.")
        limit = LIMITS.get(verdict.reason or "")
        return f"{limit}, {setting}" if limit else setting
    reason, place = verdict.reason or "", verdict.location if exact else verdict.function
    return f"{reason} at {printable(place)}".strip() if place else reason


def verdict_renderer(name: str, style: Style | None = None) -> VerdictRenderer:
    """Return the function that renders verdicts in the format *name*, one of the above."""
    return verdicts_json if name == "json" else VerdictText(style or Style())


class VerdictText:
    """
    Renders each verdict as a line of printable ASCII.

    ``14:27:05.100201 eth0  IP 10.0.0.9 > 10.0.0.5: id 7, seq 3, ignored (icmp_echo_ignore_all=1)``

    Args:
        style: How the lines look; the details are a line with what else is known.
    """

    def __init__(self, style: Style) -> None:
        self._clock, self._style = clock(style.time), style

    def __call__(self, verdicts: Iterable[Verdict]) -> bytes:
        """Return the lines."""
        return "".join([self._line(verdict) for verdict in verdicts]).encode("ascii")

    def told(self, verdict: Verdict) -> tuple[str, str]:
        """Return what the request was, and what became of it."""
        request = verdict.request
        return f"{ends(request)} id {request.id}, seq {request.seq}", words(verdict)

    def _line(self, verdict: Verdict) -> str:
        request, (what, told) = verdict.request, self.told(verdict)
        if self._style.color:
            told = f"{GREEN if verdict.outcome == 'answered' else RED}{told}{PLAIN_COLOR}"
        line = f"{self._clock(request)} {printable(request.ifname) or '-':5} {what}, {told}\n"
        if not self._style.details:
            return line
        from pyicmp.sinks.details import details

        more = f", at {printable(verdict.location)}" if verdict.location else ""
        return f"{line}    {details(request, self._style.numeric)}{more}\n"


def ends(message: IcmpEvent) -> str:
    """Return between which addresses a message goes, as tcpdump says that."""
    return f"{PROTOCOLS[message.family]} {message.src} > {message.dst}:"


def verdicts_json(verdicts: Iterable[Verdict]) -> bytes:
    """Render each verdict as one line of ASCII."""
    return "".join(f"{as_json(verdict_dict(one))}\n" for one in verdicts).encode("ascii")


def verdict_dict(verdict: Verdict) -> dict[str, object]:
    """Return a verdict as JSON has it: its request, as the trace has that, and what it is."""
    line = as_dict(verdict.request)
    line["verdict"] = verdict.outcome
    known = {
        "reason": verdict.reason,
        "sysctl": verdict.setting,
        "location": verdict.location,
        "reply_ns": verdict.reply_ns,
        "errno": verdict.errno,
        "at_most": verdict.at_most or None,
        "later": verdict.later or None,
        "expired": verdict.expired or None,
    }
    line |= {key: value for key, value in known.items() if value is not None}
    return line
