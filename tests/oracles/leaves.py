"""A message's values, flat: each as text, with the paths that it may be called by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pyicmp.icmp.message import Message
from pyicmp.icmp.message.ndp import PREFERENCES

Leaf = tuple[list[str], str]

OWN = ("type", "code", "id", "seq", "mtu", "gateway", "pointer", "extensions")
INNER = (
    "src",
    "dst",
    "proto",
    "sport",
    "dport",
    "type",
    "code",
    "id",
    "seq",
    "tcp_seq",
    "len",
    "ttl",
    "frag_off",
)
ROLES = ("incoming", "sub-ip-component", "outgoing", "next-hop")


def leaves(message: Message) -> Iterator[Leaf]:
    """Yield each of our values, normalized, with the paths that it may be called by."""
    values = {name: getattr(message, name) for name in OWN} | message.fields
    if message.inner is not None:
        values["inner"] = {name: getattr(message.inner, name) for name in INNER}
    yield from _leaves(values, message.family)


def json_leaves(event: Mapping[str, Any]) -> Iterator[Leaf]:
    """Yield likewise what an object of ``-o json`` says of a message."""
    values = {name: event.get(name) for name in OWN} | event.get("fields", {})
    if "inner" in event:
        values["inner"] = {name: event["inner"].get(name) for name in INNER}
    yield from _leaves(values, event["family"])


def _leaves(values: dict[str, Any], family: int) -> Iterator[Leaf]:
    if "max_response_code" in values:
        del values["max_response_delay"]  # derived from it
    if family == 6 and "inner" in values:
        size = values["inner"].pop("len")
        values["inner"]["payload"] = None if size is None else size - 40
    yield from _flat(values, [""])


def _flat(value: object, paths: list[str]) -> Iterator[Leaf]:
    if isinstance(value, dict):
        bases = [f"{path}[{value['name']}]" for path in paths if path and "name" in value] + paths
        for key, one in value.items():
            if not key.endswith("name") or key == "ifname":  # words for numbers
                yield from _flat(one, [f"{base}.{key}".lstrip(".") for base in bases])
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _flat(one, paths)
    elif value is not None:
        yield from _leaf(value, paths)


def _leaf(value: object, paths: list[str]) -> Iterator[Leaf]:
    text = str(value)
    if value in PREFERENCES:
        text = str(PREFERENCES.index(text))
    elif value in ROLES:
        text = str(ROLES.index(text))
    elif re.fullmatch(r"[0-9a-f:.]+/\d+", text):
        text, _, bits = text.partition("/")
        yield [f"{path}:bits" for path in paths], bits
    kind = "6" if ":" in text else "4" if re.fullmatch(r"[\d.]+", text) else "name"
    yield [*paths, *(f"{path}:{kind}" for path in paths)], normal(text)


def normal(text: str) -> str:
    """Return truth as a digit, and hexadecimal bytes without colons."""
    if text in ("True", "False"):
        return str(int(text == "True"))
    if re.fullmatch("0x[0-9a-f]+", text):
        return str(int(text, 0))
    return text.replace(":", "") if re.fullmatch(r"([0-9a-f]{2}:)+[0-9a-f]{2}", text) else text
