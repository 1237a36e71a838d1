"""Runs the command line with a reader that is stopped while more comes than its buffers hold."""

from __future__ import annotations

import re
import signal

from tests.tracing import CHECKOUT, Run, icmp_in_msgs, ping, settle


class Overrun:
    """
    What became of echo requests and replies on loopback that came while nobody read.

    Attributes:
        code: The exit code.
        received: The kernel's own count of what came.
        emitted: Lines printed.
        seen, filtered, lost: The ledger, as said by ``-v``; the rest of it is zero.
    """

    def __init__(self, *arguments: str, pings: int, program: tuple[str, ...] = CHECKOUT) -> None:
        options = ("-4", "-Q", "in", "--buffer", "4K", "-o", "json", "-v", "--strict")
        with Run(*options, *arguments, program=program) as tracer:
            before = icmp_in_msgs()
            tracer.process.send_signal(signal.SIGSTOP)
            ping(pings, "-q", "-i", "0.002")
            tracer.process.send_signal(signal.SIGCONT)
            settle()
            self.code = tracer.end()
            self.received = icmp_in_msgs() - before
        self.emitted = len(tracer.events)
        found = re.search(
            rf"# (\d+) seen = (\d+) not asked for \+ {self.emitted} emitted \+ (\d+) lost"
            r" \+ 0 unreadable \+ 0 not read",
            tracer.stderr,
        )
        assert found is not None, tracer.stderr
        self.seen, self.filtered, self.lost = map(int, found.groups())
