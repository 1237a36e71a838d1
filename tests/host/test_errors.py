"""``pyicmp errors`` on this kernel: whom errors hit is told even where what they do cannot be."""

from __future__ import annotations

import os
import socket
import time

from tests.tracing import Run, settle

CLOSED = 9
UNSEEN = "what errors do is not seen without fexit"


def test_errors_have_owners_and_one_line_says_what_is_not_seen() -> None:
    with Run("errors", "-o", "json", "-4", "--host", "127.0.0.1", "-t", "port") as errors:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(("127.0.0.1", CLOSED))
            own = sender.getsockname()[1]
            sender.send(b"anybody there?")
            settle()
            time.sleep(0.5)  # its holder is looked for while it is open
        assert errors.end() == 0
    found = [one for one in errors.events if one.get("inner", {}).get("sport") == own]
    sent, came = sorted(found, key=lambda one: str(one["dir"]), reverse=True)
    assert (sent["dir"], sent["comm"], sent["effect"]) == ("out", "kernel", "sent")
    assert (came["dir"], came["pid"]) == ("in", os.getpid())
    assert came.get("effect") == (None if UNSEEN in errors.stderr else "delivered")
    assert errors.stderr.count("not seen") == errors.stderr.count(UNSEEN)
    assert f"{len(errors.events)} errors, 0 lost" in errors.stderr
