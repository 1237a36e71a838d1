"""``pyicmp errors --pmtu``: a narrow link is named, with who says so, and whom it hits."""

from __future__ import annotations

import os
import time

from tests.chain import CLIENT, SERVER
from tests.erring import CLOSED, LISTENING, NARROW, Erring, router


def test_path_mtus() -> None:
    """For TCP and UDP, IPv4 and IPv6: the path, the router, both MTUs, the flow and process."""
    erring = Erring("--pmtu", "-Q", "in")
    try:
        expected = {}
        for family in (4, 6):
            for protocol in (6, 17):
                to = erring.far(family)
                if protocol == 6:
                    sender = erring.tcp(family, to, 50_000)
                else:
                    sender = erring.udp(family, to, LISTENING, size=1440, connect=True)
                expected[to] = (protocol, sender.getsockname()[1], router(family))
        time.sleep(2)
        stderr = erring.end()
        paths = {
            line["inner"]["dst"]: line
            for line in erring.lines()
            if line["netns"] == erring.chain.inode(erring.chain.client)
        }
    finally:
        erring.close()
    assert paths.keys() == expected.keys(), stderr
    for to, line in paths.items():
        quoted = line["inner"]["proto"], line["inner"]["sport"], line["src"]
        assert quoted == expected[to]
        assert line["path_mtu"] == {"before": 1500, "after": NARROW}, line
        assert line["effect"] in ("mtu_reduced", "mtu_known"), line
        assert line["pid"] == os.getpid()
        assert line["count"] >= 1
    assert " 0 lost" in stderr
    assert "path MTU 1500 -> 1400" in stderr
    assert "not seen" not in stderr


def test_an_error_to_a_closed_port() -> None:
    """In words: the trace's line, and what came of it."""
    erring = Erring("-o", "text", "-Q", "in")
    try:
        port = erring.udp(4, SERVER[4], CLOSED, connect=True).getsockname()[1]
        time.sleep(1)
        erring.end()
        (line,) = [one for one in erring.text().splitlines() if f":{port} >" in one]
    finally:
        erring.close()
    assert f".{os.getpid()} IP {SERVER[4]} > {CLIENT[4]}: ICMP" in line
    assert line.endswith(f" > {SERVER[4]}:{CLOSED}, ECONNREFUSED delivered")
