"""``Row``: what is counted for one peer, and one process that asks it."""

from __future__ import annotations

from pyicmp.icmp.address import ipv4_text, ipv6_text
from pyicmp.icmp.rtt.distribution import Distribution

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyicmp.icmp.rtt.split import Split

    # role, network namespace, IP version, address, process, its name
    Group = tuple[str, int, int, bytes, int | None, bytes | None]

__all__ = ["COUNTS", "PARTS", "ROWS_MAX", "Row", "Table"]

COUNTS = ("sent", "answered", "lost", "late", "duplicate", "in_doubt")
# Where the time goes, in this order.
PARTS = ("host_tx", "wire", "host_rx", "wakeup")
ROWS_MAX = 1024


class Row:
    """
    The echoes between this host and one peer; of those that it sends, by process.

    ``sent == answered + lost + in_doubt + waiting`` over a whole run. A report of one interval
    counts what happened in it, so that an answer may be in the one after its request's.

    In the role ``sent`` this host asks. In the role ``answering`` it is asked: *sent* are the
    requests that came, and *rtt* is how long it took to reply.

    Attributes:
        group: What its echoes have in common: what the properties tell of.
        sent: Requests.
        answered: Requests with a first reply in time.
        lost: Requests without a reply in time.
        late: Of the lost, those that were answered after all.
        duplicate: Further replies to the same request.
        in_doubt: Requests sent again under the same id and sequence number before the first was
            answered: which of them a reply is for, nobody can tell.
        waiting: Requests that still have time.
        rtt: Times of the first replies, late ones too.
        parts: Of *rtt*, where it went: by the names of ``PARTS``, and ``total``.
    """

    __slots__ = ("group", "parts", "rtt", "waiting", *COUNTS)

    sent: int
    answered: int
    lost: int
    late: int
    duplicate: int
    in_doubt: int

    def __init__(self, group: Group) -> None:
        self.group = group
        for name in COUNTS:
            setattr(self, name, 0)
        self.waiting = 0
        self.rtt = Distribution()
        self.parts: dict[str, Distribution] = {}

    @property
    def role(self) -> str:
        """``sent`` or ``answering``."""
        return self.group[0]

    @property
    def netns(self) -> int:
        """Inode of the network namespace."""
        return self.group[1]

    @property
    def family(self) -> int:
        """IP version, 4 or 6; 0 in the row of all those that found no row of their own."""
        return self.group[2]

    @property
    def peer(self) -> str:
        """The other end's address, or the group's; empty in the row of the rest."""
        family, raw = self.group[2:4]
        return {4: ipv4_text, 6: ipv6_text}[family](raw) if family else ""

    @property
    def pid(self) -> int | None:
        """The process that asks; None where it is not known, or does not matter."""
        return self.group[4]

    @property
    def comm(self) -> bytes | None:
        """That process's name, as the kernel has it."""
        return self.group[5]

    @property
    def loss(self) -> float:
        """What part of the requests that are decided are lost: 0 to 1."""
        decided = self.answered + self.lost
        return self.lost / decided if decided else 0.0

    @property
    def split_count(self) -> int:
        """Of how many round trips it is known where the time went."""
        return self.parts["total"].count if self.parts else 0

    def add_split(self, split: Split) -> None:
        """Count where one round trip's time went."""
        for name in (*PARTS, "total"):
            self.parts.setdefault(name, Distribution()).add(getattr(split, f"{name}_ns"))

    def merge(self, other: Row) -> None:
        """Count all of *other* too."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.rtt.merge(other.rtt)
        for name, times in other.parts.items():
            self.parts.setdefault(name, Distribution()).merge(times)


class Table:
    """Rows by what their echoes have in common; beyond ``ROWS_MAX``, one for the rest of a role."""

    def __init__(self) -> None:
        self._rows: dict[Group, Row] = {}

    def row(self, group: Group) -> Row:
        """Return the row in which such echoes count."""
        row = self._rows.get(group)
        if row is None:
            if len(self._rows) >= ROWS_MAX:
                group = (group[0], 0, 0, b"", None, None)
            row = self._rows.setdefault(group, Row(group))
        return row

    def merge(self, rows: Iterable[Row]) -> None:
        """Count all of these too; what is still waiting is what was so last."""
        for row in self._rows.values():
            row.waiting = 0
        for row in rows:
            own = self.row(row.group)
            own.merge(row)
            own.waiting += row.waiting

    def rows(self) -> list[Row]:
        """Return all: those that ask before those that answer, the busiest first."""
        return sorted(self._rows.values(), key=lambda row: (row.role != "sent", -row.sent))
