"""Numbers that are asked for, singly or in spans."""

from __future__ import annotations

from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Span = int | tuple[int, int]

__all__ = ["bitmap_of", "spans_of"]

NUMBER_MAX = 0xFFFF
WORD_BITS = 64


def spans_of(given: Iterable[Span], what: str) -> list[tuple[int, int]]:
    """
    Return them all as pairs of a first and a last one.

    Raises:
        UsageError: One is not *what* it should be.
    """
    spans = [(one, one) if isinstance(one, int) else one for one in given]
    for first, last in spans:
        if not 0 <= first <= last <= NUMBER_MAX:
            span = first if first == last else f"{first}-{last}"
            raise UsageError(f"{span} is not {what}", "", f"give 0 to {NUMBER_MAX}")
    return spans


def bitmap_of(spans: list[tuple[int, int]]) -> dict[int, int]:
    """Return the words of a bitmap that are not zero."""
    words: dict[int, int] = {}
    for number in {one for first, last in spans for one in range(first, last + 1)}:
        words[number // WORD_BITS] = words.get(number // WORD_BITS, 0) | 1 << number % WORD_BITS
    return words
