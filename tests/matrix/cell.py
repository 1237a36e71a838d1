"""One cell of the matrix: what a run gave. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.matrix.axes import EXPECTED

REFUSALS = (3, 4)
"""Exit codes of docs/errors.md for a host where it cannot be done."""


@dataclass(frozen=True)
class Cell:
    """
    What became of one run.

    ``events`` counts the messages that were sent and seen, less any that were not sent. ``by`` is
    the way that was taken; ``said`` the error, or why other ways were not.
    """

    code: int
    events: int = 0
    by: str = ""
    said: str = ""

    @property
    def exact(self) -> bool:
        """Whether all was seen that was sent, and nothing else."""
        return (self.code, self.events) == (0, EXPECTED)

    @property
    def right(self) -> bool:
        """Whether it is exact, or refused as documented: one line, and its exit code."""
        refused = self.code in REFUSALS and re.fullmatch(r"pyicmp: error: [^\n]+", self.said)
        return self.exact or bool(refused)

    def text(self, note: str) -> str:
        """Return it as it stands on the page; ``note`` is the number of what was said, or empty."""
        done = f"{self.events}/{EXPECTED}" if self.code == 0 else f"exit {self.code}"
        return " ".join(filter(None, (done, self.by and f"by {self.by}", note and f"[{note}]")))


_TEXT = re.compile(r"(?:(-?\d+)/\d+|exit (-?\d+))(?: by (\w+))?(?: \[(\d+)\])?")


def parse_cell(text: str, notes: dict[str, str]) -> Cell:
    """Return the cell that stands on the page as ``text``; ``notes`` are by number."""
    match = _TEXT.fullmatch(text)
    assert match, text
    events, code, by, note = match.groups()
    return Cell(int(code or 0), int(events or 0), by or "", notes[note] if note else "")
