"""``Matcher``: from requests and replies to what became of each, whoever sent them."""

from __future__ import annotations

from collections import OrderedDict, deque

from pyicmp.icmp.rtt.row import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.icmp.event import IcmpEvent
    from pyicmp.icmp.rtt.row import Group, Row
    from pyicmp.icmp.rtt.split import Split

    # role, network namespace, IP version, peer (empty: a group), id and sequence number
    Key = tuple[str, int, int, bytes, int, int]

__all__ = ["KEEP", "TIMEOUT", "Matcher"]

NS = 1_000_000_000
TIMEOUT = 1.0
# So long (seconds) after that a reply is still known to be late, or a duplicate.
KEEP = 60.0
ECHOES_MAX = 65536
REQUEST = {4: 8, 6: 128}
GROUPS = {4: 0xE0, 6: 0xFF}  # the least first byte of addresses that are no single host's


class Echo:
    """
    One request: when it passed, whose row it counts in, and what became of it up to now.

    ``waiting``, ``answered``, ``lost`` or ``in_doubt``; ``maybe`` counts only if it is answered: it
    came in and may go on to others; ``transit`` never counts.
    """

    __slots__ = ("boot_ns", "group", "ifindex", "replied_at", "state")

    def __init__(self, event: IcmpEvent, group: Group, state: str) -> None:
        self.boot_ns, self.ifindex, self.group = event.boot_ns, event.ifindex, group
        self.replied_at = 0  # interface
        self.state = state


class Matcher:
    """
    Joins requests and replies, in the order in which they passed. It knows no kernel.

    Args:
        timeout: Seconds after which a request without a reply is lost.
        by_process: Count apart for each process that asks, not for each peer only.

    Attributes:
        settled: Requests that are answered, lost or in doubt.
        unmatched: Replies to no request that is known: it was sent before, or never.

    Example:
        >>> from pyicmp.testing import make_event
        >>> matcher = Matcher()
        >>> matcher.add(make_event(direction="out", dst="192.0.2.9", boot_ns=10))
        >>> matcher.add(make_event(src="192.0.2.9", type="echo-reply", boot_ns=510))
        >>> [(row.peer, row.answered, row.rtt.max_ns) for row in matcher.take()]
        [('192.0.2.9', 1, 500)]
    """

    def __init__(self, timeout: float = TIMEOUT, *, by_process: bool = True) -> None:
        self._timeout_ns, self._by_process = int(timeout * NS), by_process
        self._keep_ns = self._timeout_ns + int(KEEP * NS)
        self._echoes: OrderedDict[Key, Echo] = OrderedDict()  # the oldest first
        self._due: deque[Echo] = deque()  # likewise
        self._table = Table()
        self.settled = self.unmatched = 0

    def add(self, event: IcmpEvent) -> None:
        """Take what passed next; what is no echo does not matter."""
        if not event.is_echo:
            return
        is_request = event.type == REQUEST[event.family]
        role = "sent" if (event.direction == "out") == is_request else "answering"
        peer = event.dst_bytes if event.direction == "out" else event.src_bytes
        key = role, event.netns, event.family, peer, event.id or 0, event.seq or 0
        if is_request:
            self._ask(key, event)
        elif not event.forwarded:
            self._answer(key, event)

    def add_split(self, split: Split) -> None:
        """Take where the time of a round trip went, whose request was taken before."""
        echo = self._find(split.key)
        if (
            echo is not None
            and echo.state in ("waiting", "answered", "lost")
            and split.boot_ns <= echo.boot_ns <= split.end_ns
        ):
            self._table.row(echo.group).add_split(split)

    def advance(self, boot_ns: int) -> None:
        """Take note that all that passed up to a time (CLOCK_BOOTTIME, ns) was taken."""
        while self._due and self._due[0].boot_ns + self._timeout_ns < boot_ns:
            echo = self._due.popleft()
            if echo.state == "waiting":
                self._settle(echo, "lost")
        while self._echoes and next(iter(self._echoes.values())).boot_ns < boot_ns - self._keep_ns:
            self._echoes.popitem(last=False)

    def take(self) -> list[Row]:
        """Return what was counted since the last time, and begin anew."""
        for echo in self._due:
            if echo.state == "waiting":
                self._table.row(echo.group).waiting += 1
        table, self._table = self._table, Table()
        return table.rows()

    def _ask(self, key: Key, event: IcmpEvent) -> None:
        group, state = self._group(key, event), _first_state(key, event)
        key = _of_any_host(key) if _is_group(key) else key
        known = self._echoes.get(key)
        again = known is not None and 0 <= event.boot_ns - known.boot_ns <= self._timeout_ns
        if again and known and key[0] == "answering" and known.ifindex != event.ifindex:
            return  # the same packet, at a bridge and at its port
        echo = self._echoes[key] = Echo(event, group, state)
        self._echoes.move_to_end(key)
        if state == "waiting":
            self._table.row(group).sent += 1
            self._due.append(echo)
            if again and known and known.state in ("waiting", "in_doubt"):
                self._doubt(known, echo)
        self._bound()

    def _answer(self, key: Key, event: IcmpEvent) -> None:
        echo = self._find(key)
        age_ns = event.boot_ns - echo.boot_ns if echo else -1
        if echo is None or age_ns < 0:
            self.unmatched += key[0] == "sent"
            return
        if echo.state in ("transit", "in_doubt"):
            return
        row = self._table.row(echo.group)
        if echo.replied_at:
            row.duplicate += echo.replied_at == event.ifindex  # else: a bridge, and its port
            return
        echo.replied_at = event.ifindex
        row.sent += echo.state == "maybe"
        row.rtt.add(age_ns)
        if echo.state != "lost":
            self._settle(echo, "answered" if age_ns <= self._timeout_ns else "lost")
        row.late += echo.state == "lost"

    def _find(self, key: Key) -> Echo | None:
        return self._echoes.get(key) or self._echoes.get(_of_any_host(key))

    def _group(self, key: Key, event: IcmpEvent) -> Group:
        if key[0] == "sent" and self._by_process:
            return (*key[:4], event.pid, event.comm)
        return (*key[:4], None, None)

    def _settle(self, echo: Echo, outcome: str) -> None:
        row = self._table.row(echo.group)
        setattr(row, outcome, getattr(row, outcome) + 1)
        echo.state = outcome
        self.settled += 1

    def _doubt(self, *echoes: Echo) -> None:
        for echo in echoes:
            if echo.state == "waiting":
                self._settle(echo, "in_doubt")

    def _bound(self) -> None:
        """Forget the oldest: what becomes of it will not be known."""
        if len(self._echoes) > ECHOES_MAX:
            self._doubt(self._echoes.popitem(last=False)[1])
        if len(self._due) > ECHOES_MAX:
            self._doubt(self._due.popleft())


def _first_state(key: Key, event: IcmpEvent) -> str:
    if event.forwarded:
        return "transit"
    return "waiting" if key[0] == "sent" or event.owner_kind == "kernel" else "maybe"


def _is_group(key: Key) -> bool:
    """Tell whether a request goes to a group: anybody may answer."""
    return key[0] == "sent" and key[3][0] >= GROUPS[key[2]]


def _of_any_host(key: Key) -> Key:
    return (*key[:3], b"", *key[4:])
