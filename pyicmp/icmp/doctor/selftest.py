"""One loopback echo, which a run must see go out and come in, with whose it is."""

from __future__ import annotations

import os
from time import monotonic

from pyicmp.bpf.host import sysctl
from pyicmp.errors import PyicmpError
from pyicmp.icmp.doctor.hooks import SILENT
from pyicmp.icmp.doctor.loopback import Datagram, Echo
from pyicmp.icmp.doctor.sysctls import ECHO_IGNORED, effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyicmp.icmp.doctor.loopback import Sent
    from pyicmp.icmp.event import IcmpEvent
    from pyicmp.icmp.tracer import Tracer

__all__ = ["explain", "self_test"]

# How long to look for what was sent, seconds: an emulated machine is slow.
PATIENCE = 2.0
ECHO = (
    ("out", "echo-request"), ("in", "echo-request"), ("out", "echo-reply"), ("in", "echo-reply"),
)  # fmt: skip
ERROR = (("out", "unreachable"), ("in", "unreachable"))
# Those of them that are the sender's own.
OWN = (ECHO[0], ECHO[-1], ERROR[-1])


def self_test(tracer: Tracer, hooks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """
    Send one echo request over loopback, and return what was seen of it.

    ``sent`` is what was sent: an echo, else a datagram whose error is looked for; ``seen`` the
    messages of it by direction and type; ``owner`` whether they are known to be this process's.

    Args:
        tracer: Open.
        hooks: What became of the trials: they tell why nothing is seen.
    """
    told: dict[str, Any] = {"ok": False, "sent": None, "seen": [], "owner": None, "why": None}
    told["fix"] = None
    try:
        sent, expected = _send(told)
    except PyicmpError as error:
        told["why"], told["fix"] = error.why, error.fix or None
        return told
    events = _seen(tracer, sent, len(expected))
    told["seen"] = [f"{event.direction} {event.type_name}" for event in events]
    found = {(event.direction, event.type_name) for event in events}
    owners = {event.pid for event in events if (event.direction, event.type_name) in OWN}
    told["owner"] = owners == {os.getpid()} if owners else None
    missing = [one for one in expected if one not in found]
    answered = isinstance(sent, Echo) and sent.answered
    if missing:
        lost = [f"without {hook.name}: {error.why}" for hook, error in tracer.attachment.missing]
        told["why"], told["fix"] = explain(missing, answered, bool(found), hooks, lost)
    elif not told["owner"]:
        told["why"] = "whose it is was not found out: it was sent by this process"
    told["ok"] = not missing and told["owner"]
    return told


def _send(told: dict[str, Any]) -> tuple[Sent, Sequence[tuple[str, str]]]:
    try:
        echo = Echo()
    except PyicmpError as error:
        datagram = Datagram()
        told["sent"], told["why"], told["fix"] = "datagram", f"no echo: {error.why}", error.fix
        return datagram, ERROR
    told["sent"] = "echo"
    return echo, ECHO


def _seen(tracer: Tracer, sent: Sent, count: int) -> list[IcmpEvent]:
    """Return the messages that belong to what was sent, in order."""
    events: list[IcmpEvent] = []
    give_up = monotonic() + PATIENCE
    try:
        for batch in tracer.batches(PATIENCE):
            events += [event for event in batch if sent.matches(event)]
            if len(events) >= count or monotonic() > give_up:
                break
    finally:
        sent.close()
    return events


def explain(
    missing: Sequence[tuple[str, str]],
    answered: bool,
    anything: bool,
    hooks: Sequence[dict[str, Any]],
    lost: Sequence[str] = (),
) -> tuple[str, str | None]:
    """
    Return why messages were not seen, and what to do.

    Args:
        missing: Their directions and types.
        answered: Whether the reply came to the socket all the same.
        anything: Whether some were seen.
        hooks: What became of the trials.
        lost: Hooks that the run goes without, each with the reason.
    """
    replies = [kind for _, kind in missing if kind == "echo-reply"]
    if len(replies) == len(missing) == 2 and not answered:
        return _explain_no_reply()
    ways = [one for hook in hooks for one in hook["ways"]]
    silent = next((one["why"] for one in ways if (one["why"] or "").startswith(SILENT)), None)
    unseen = " and ".join(f"the {kind} that {_WHERE[where]}" for where, kind in missing)
    if lost:
        return f"not seen: {unseen}; {'; '.join(lost)}", _light(ways)
    if silent:
        others = [one["way"] for one in hooks[0]["ways"] if one["ok"]]
        fix = f"attach another way: --attach {others[0]}" if others else None
        return f"not seen: {unseen}; a hook is {silent}", fix
    if not anything:
        return "nothing was seen of it, though the hooks were met when they were tried", None
    return f"not seen: {unseen}; other BPF (tc, XDP) or a packet filter may have taken it", None


def _light(ways: Sequence[dict[str, Any]]) -> str | None:
    """Return that ``--light`` can do without what is missing, if its hooks can all be had."""
    for kind in ("kprobe", "fentry"):
        met = [one["ok"] for one in ways if one["way"] == kind]
        if met and all(met):
            return "take --light, which sees both directions of what is this host's own"
    return None


_WHERE = {"out": "goes out", "in": "comes in"}


def _explain_no_reply() -> tuple[str, str | None]:
    value = sysctl(ECHO_IGNORED)
    text = effect(ECHO_IGNORED, value)
    if text:
        return f"{ECHO_IGNORED}={value}: {text}", f"sysctl {ECHO_IGNORED}=0"
    return "the request came in, and no reply went out: a packet filter?", "see nft list ruleset"
