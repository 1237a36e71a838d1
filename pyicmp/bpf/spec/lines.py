"""Which line of C a relocation comes from."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from pyicmp.bpf.spec.insn import INSN_SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyicmp.bpf.btf.ext import CoreRelo, LineInfo
    from pyicmp.bpf.spec.code import Function

__all__ = ["line_of"]

WORD = re.compile(r"\w+")


def line_of(
    lines: Sequence[LineInfo], relo: CoreRelo, function: Function | None
) -> LineInfo | None:
    """
    Return the line that *relo* comes from, of its section's *lines*, which are in order.

    The compiler gives the instruction that holds an offset no line of its own where it has moved
    it: it then seems to belong to the line before. Where that does not mention the field, the
    next one in the function that does is meant.
    """
    at = bisect_right(lines, relo.offset, key=lambda one: one.offset) - 1
    if at < 0:
        return None
    words = [one for one in WORD.findall(relo.access) if not one.isdigit()]
    found, name = lines[at], words[-1] if words else ""
    if function is None or _mentions(found, name):
        return found
    start, end = (INSN_SIZE * (function.start + one) for one in (0, len(function.insns)))
    if start < found.offset == relo.offset:
        return found
    after = (one for one in lines[at + 1 :] if one.offset < end and _mentions(one, name))
    return next(after, found)


def _mentions(line: LineInfo, name: str) -> bool:
    return name in WORD.findall(line.text)
