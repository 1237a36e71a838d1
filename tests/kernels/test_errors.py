"""``pyicmp errors --pmtu``: a narrow link is named, with who says so, and whom it hits."""

from __future__ import annotations

import os
import time

from tests.chain import ROUTER, SERVER
from tests.erring import CLOSED, LISTENING, NARROW, Erring, Line


def check(line: Line, expected: tuple[int, int, str]) -> None:
    """Make sure that a path's line says what is expected: protocol, source port, who reports."""
    assert (line["inner"]["proto"], line["inner"]["sport"], line["src"]) == expected
    assert line["path_mtu"] == {"before": 1500, "after": NARROW}, line
    assert line["effect"] in ("mtu_reduced", "mtu_known"), line
    assert line["pid"] == os.getpid()
    assert line["count"] >= 1


def test_path_mtus() -> None:
    """For TCP and UDP, IPv4 and IPv6: the path, the router, both MTUs, the flow and process."""
    erring, expected = Erring("--pmtu", "-Q", "in"), {}
    try:
        for family in (4, 6):
            to = erring.far(family)
            sender = erring.tcp(family, to, 50_000)
            expected[to] = (6, sender.getsockname()[1], ROUTER[family])
            to = erring.far(family)
            sender = erring.udp(family, to, LISTENING, size=1440, connect=True)
            expected[to] = (17, sender.getsockname()[1], ROUTER[family])
            erring.udp(family, SERVER[family], CLOSED, connect=True)
        time.sleep(2)
        stderr = erring.end()
        client = erring.chain.inode(erring.chain.client)
        paths = {line["inner"]["dst"]: line for line in erring.lines() if line["netns"] == client}
    finally:
        erring.close()
    assert paths.keys() == expected.keys(), stderr
    for to, line in paths.items():
        check(line, expected[to])
    for said in ("path MTU 1500 -> 1400", "port unreachable in network namespace ec: ECONNREFUSED"):
        assert said in stderr, stderr
    assert " 0 lost" in stderr
    assert "not seen" not in stderr
