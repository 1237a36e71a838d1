"""What was found out, as one page of text: a pure function of ``pyicmp doctor -o json``."""

from __future__ import annotations

import textwrap

from pyicmp.errors import printable
from pyicmp.icmp.doctor.reasons import reasons

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Found = dict[str, Any]

__all__ = ["page"]

WIDTH = 100
INDENT = 14
_GREEN, _RED, _YELLOW, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[0m"
_COLORS = {
    "fires": _GREEN, "ok": _GREEN, "passed": _GREEN, "works": _GREEN,
    "silent": _RED, "NO": _RED, "FAILED": _RED,
    "attached": _YELLOW,
}  # fmt: skip
LOCKDOWN = {
    "none": "none",
    "integrity": "integrity: does not matter to pyicmp",
    "confidentiality": "confidentiality: no program may read the kernel's memory, so pyicmp cannot",
    None: "not known: securityfs is not mounted, or this kernel has no lockdown",
}


def page(found: Found, color: bool = False) -> str:
    """
    Return the page.

    Args:
        found: What ``examine`` returns.
        color: Whether a terminal shows it.
    """
    lines = []
    for title, texts in _sections(found):
        for number, text in enumerate(texts):
            lines += _wrapped("" if number else title, printable(text))
    if color:
        lines = [_colored(line) for line in lines]
    return "".join(f"{line}\n" for line in lines)


def _sections(found: Found) -> Iterator[tuple[str, list[str]]]:
    btf, held = found["btf"], found["capabilities"]
    yield "kernel", [f"{found['kernel']} {found['arch']}"]
    yield "BTF", [f"{btf['path']}, from {btf['from']}" if btf else "NO, none was found"]
    yield "lockdown", [LOCKDOWN[found["lockdown"]]]
    yield "capabilities", list(_capabilities(held))
    yield "limits", list(_limits(held))
    yield "hooks", [*_table(found["hooks"]), *reasons(found["hooks"])]
    yield "transports", [_transport(one) for one in found["transports"]]
    yield "sysctls", list(_sysctls(found["sysctls"]))
    yield "self-test", list(_self_test(found["selftest"]))
    yield "pyicmp", list(_verdict(found["verdict"]))


def _capabilities(held: Found) -> Iterator[str]:
    yield f"held: {' '.join(held['held']) or 'none'}"
    yield f"lacking: {' '.join(held['lacking']) or 'none'}"


def _limits(held: Found) -> Iterator[str]:
    inside = "not the initial one: BPF is refused here" if held["user_namespace"] else "initial"
    memlock = "unlimited" if held["memlock"] is None else f"{held['memlock'] >> 10} KiB"
    yield f"user namespace: {inside}"
    yield f"seccomp: {held['seccomp'] or 'not in this kernel'}"
    yield f"locked memory: {memlock} (counts before Linux 5.11)"


def _table(hooks: list[Found]) -> Iterator[str]:
    width = max(len(hook["hook"]) for hook in hooks)
    for hook in hooks:
        cells = "  ".join(f"{one['way']} {_cell(one)}".ljust(18) for one in hook["ways"])
        yield f"{hook['hook']:<{width}}  {cells}".rstrip()


def _cell(one: Found) -> str:
    if one["ok"]:
        return "attached" if one["why"] else "fires"
    return "silent" if (one["why"] or "").startswith("silent") else "NO"


def _transport(one: Found) -> str:
    return f"{one['transport']} {'ok' if one['ok'] else 'NO: ' + one['why']}"


def _sysctls(found: Found) -> Iterator[str]:
    usual = []
    for name, one in found.items():
        if one["effect"]:
            yield f"{name}={one['value']} (default {one['default']}): {one['effect']}"
        elif one["value"] is not None:
            usual.append(f"{name}={one['value']}")
    if usual:
        yield f"at their defaults: {' '.join(usual)}"


def _self_test(told: Found | None) -> Iterator[str]:
    if told is None:
        yield "not run, since nothing can be traced"
        return
    yield f"{'passed' if told['ok'] else 'FAILED'}: {_sent(told)}"
    if told["why"]:
        yield f"why: {told['why']}"
    if told["fix"]:
        yield f"fix: {told['fix']}"


def _sent(told: Found) -> str:
    if not told["sent"]:
        return "nothing could be sent over loopback"
    what = {"echo": "an echo request", "datagram": "a datagram that an error answers"}[told["sent"]]
    seen = ", ".join(told["seen"]) or "nothing"
    whose = {True: ", whose it is known", False: ", not whose it is", None: ""}[told["owner"]]
    return f"sent {what} to 127.0.0.1, saw {seen}{whose}"


def _verdict(verdict: Found) -> Iterator[str]:
    does = "works here" if verdict["ok"] else "FAILED: it would run and miss messages"
    yield (does if verdict["exit"] == 0 else "FAILED") + f", exit code {verdict['exit']}"
    if verdict["why"]:
        yield verdict["why"]
    if verdict["fix"]:
        yield f"fix: {verdict['fix']}"


def _wrapped(title: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"{title:<{INDENT}}",
        subsequent_indent=" " * (INDENT + 2),
        break_on_hyphens=False,
    )


def _colored(line: str) -> str:
    """Colour the words that tell good from bad, where they stand alone."""
    words = line.split(" ")
    for number, word in enumerate(words):
        color = _COLORS.get(word.rstrip(":,"))
        if color:
            words[number] = f"{color}{word}{_PLAIN}"
    return " ".join(words)
