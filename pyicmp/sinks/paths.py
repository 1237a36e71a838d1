"""Path MTUs as lines: who says that packets to where are too big, and what came of it."""

from __future__ import annotations

from pyicmp.errors import printable
from pyicmp.sinks.effects import effect_dict, words
from pyicmp.sinks.jsonl import as_json
from pyicmp.sinks.text import owner_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyicmp.icmp.effects.paths import Path

    PathRenderer = Callable[[Iterable[Path]], bytes]

__all__ = ["path_dict", "path_renderer"]


def path_renderer(name: str) -> PathRenderer:
    """Return the function that renders paths in the format *name*: ``text`` or ``json``."""
    return _json if name == "json" else _text


def _text(paths: Iterable[Path]) -> bytes:
    return "".join([_line(path) for path in paths]).encode("ascii")


def _line(path: Path) -> str:
    error = path.last.error
    times = "once" if path.count == 1 else f"{path.count} times"
    quote = error.inner.text if error.inner else "-"
    parts = [
        f"{printable(error.ifname)} {error.direction}: {path.destination or '?'}"
        f" by {path.reporter}",
        f"MTU {path.before or '?'} -> {path.after or '?'}",
        times,
        f"{owner_text(error)} {quote}",
        words(path.last),
    ]
    return ", ".join(filter(None, parts)) + "\n"


def _json(paths: Iterable[Path]) -> bytes:
    return "".join([f"{as_json(path_dict(path))}\n" for path in paths]).encode("ascii")


def path_dict(path: Path) -> dict[str, object]:
    """Return a path as JSON has it: its last error, its MTU before and after, and a count."""
    line = effect_dict(path.last)
    mtu = {"before": path.before, "after": path.after}
    line["path_mtu"] = {key: value for key, value in mtu.items() if value is not None}
    line["count"] = path.count
    return line
