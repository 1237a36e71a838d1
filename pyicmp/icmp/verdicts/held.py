"""``Held``: requests that a trace has read and whose verdict is not there yet."""

from __future__ import annotations

from pyicmp.icmp.verdicts.verdict import Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    Key = tuple[int, int, int]  # netns, protocol, id and seq
    # boot_ns, netns, protocol, rest, src, dst of a request, and when it is to wait no more.
    Asked = tuple[int, int, int, int, bytes, bytes, int]

__all__ = ["Held"]

FORWARDED = Verdict.of(outcome="forwarded")
# A verdict whose request has not come by when events this much later (ns) come: it was lost.
LATE_NS = 1_000_000_000


class Held:
    """
    Records that wait for a verdict, and what has come behind them, numbered from 0.

    Args:
        before: What was held when these were last looked at; it stays as it is.

    Attributes:
        count: How many records.
        fates: Verdicts that are known, by their request's number.
        undecided: Requests without one, likewise, oldest first.
    """

    def __init__(self, before: Held | None = None) -> None:
        self.count: int = before.count if before else 0
        self.fates: dict[int, Verdict] = dict(before.fates) if before else {}
        self.undecided: dict[int, Asked] = dict(before.undecided) if before else {}
        self._early: dict[Key, tuple[Verdict, ...]] = dict(before._early) if before else {}
        self._newest_ns: int = before._newest_ns if before else 0
        self._waiting: dict[Key, list[int]] = {}
        for number, asked in self.undecided.items():
            self._waiting.setdefault(asked[1:4], []).append(number)

    def ask(self, asked: Asked) -> None:
        """Add the last record as a request, unless its verdict has come before it."""
        number, key = self.count - 1, asked[1:4]
        self._newest_ns = max(self._newest_ns, asked[0])
        for verdict in self._early.get(key, ()):
            if _is_on(verdict, asked):
                self.fates[number] = verdict
                self._forget(key, verdict)
                return
        self.undecided[number] = asked
        self._waiting.setdefault(key, []).append(number)

    def judge(self, verdict: Verdict) -> None:
        """Give a verdict to its request, the oldest that fits; keep it if that has not come."""
        request = verdict.request
        key = request.netns, request.protocol, (request.id or 0) << 16 | (request.seq or 0)
        for number in self._waiting.get(key, ()):
            if _is_on(verdict, self.undecided[number]):
                self._settle(number, verdict)
                return
        self._early[key] = (*self._early.get(key, ()), verdict)

    def forward(self, key: Key, ends: tuple[bytes, bytes]) -> None:
        """Say that a request was seen leaving: by one of its addresses, as NAT may change one."""
        for number in self._waiting.get(key, ()):
            _, _, _, _, src, dst, _ = self.undecided[number]
            if src == ends[0] or dst == ends[1]:
                self._settle(number, FORWARDED)
                return

    def expire(self, now_ns: int | None = None) -> None:
        """Let those wait no more whose time is over by *now_ns*; without it, all."""
        for number, asked in list(self.undecided.items()):
            if now_ns is None or asked[-1] <= now_ns:
                self._settle(number, None)

    @property
    def free(self) -> int:
        """How many records there are before the first that waits."""
        return next(iter(self.undecided), self.count)

    def release(self, count: int) -> dict[int, Verdict]:
        """Take away the first *count* records, and return the verdicts on them."""
        released = {number: fate for number, fate in self.fates.items() if number < count}
        self.fates = {n - count: fate for n, fate in self.fates.items() if n >= count}
        self.undecided = {n - count: asked for n, asked in self.undecided.items()}
        self.count -= count
        for key, verdicts in list(self._early.items()):
            if verdicts[-1].request.boot_ns + LATE_NS >= self._newest_ns:
                break
            del self._early[key]
        return released

    def _settle(self, number: int, verdict: Verdict | None) -> None:
        key = self.undecided.pop(number)[1:4]
        self._waiting[key].remove(number)
        if verdict is not None:
            self.fates[number] = verdict

    def _forget(self, key: Key, verdict: Verdict) -> None:
        left = tuple(one for one in self._early[key] if one is not verdict)
        if left:
            self._early[key] = left
        else:
            del self._early[key]


def _is_on(verdict: Verdict, asked: Asked) -> bool:
    request = verdict.request
    ends = request.src_bytes, request.dst_bytes
    return request.boot_ns >= asked[0] and ends == asked[4:6]
