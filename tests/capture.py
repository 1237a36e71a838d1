"""tcpdump beside a run: what was on the wire, decoded here without any of pyicmp's code."""

from __future__ import annotations

import struct
import subprocess
import time
from pathlib import Path
from socket import inet_ntoa

# The JSON keys that a captured packet can vouch for.
KEYS = (
    "src",
    "dst",
    "ttl",
    "ip_len",
    "len",
    "type",
    "code",
    "id",
    "seq",
    "mtu",
    "gateway",
    "frag_off",
)
ETHERNET, IPV4, ICMP = 1, 0x0800, 1
ECHO, REDIRECT, FRAG_NEEDED = (0, 8), 5, (3, 4)


class Capture:
    """
    ``tcpdump -i INTERFACE`` for as long as the ``with`` block lasts.

    Args:
        interface: Its name, or ``any``.
        path: The file to write.
        direction: ``-Q`` and ``in`` or ``out``.
        expression: What to capture.
        netns: A network namespace's name; the own one otherwise.
    """

    def __init__(
        self,
        interface: str,
        path: Path,
        *direction: str,
        expression: str = "ip proto 1",
        netns: str = "",
    ) -> None:
        self._path = path
        prefix = ["ip", "netns", "exec", netns] if netns else []
        options = "--immediate-mode -n -U -s 9216 -B 32768 -Z root -i".split()
        self._process = subprocess.Popen(
            [*prefix, "tcpdump", *options, interface, "-w", str(path), *direction, expression],
            stderr=subprocess.PIPE,
        )
        assert self._process.stderr is not None
        while b"listening on" not in self._process.stderr.readline():
            assert self._process.poll() is None, "tcpdump ended"

    def __enter__(self) -> Capture:
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(0.5)
        self._process.terminate()
        self._process.communicate()

    def events(self) -> list[dict[str, object]]:
        """Return what was captured, with the keys that pyicmp's JSON would have."""
        return [_decode(frame) for frame in _frames(self._path.read_bytes())]


def comparable(event: dict[str, object]) -> dict[str, object]:
    """Return of an event of pyicmp's what a captured packet can vouch for."""
    return {key: event[key] for key in KEYS if key in event}


def _frames(pcap: bytes) -> list[bytes]:
    order = "<" if pcap[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    assert struct.unpack_from(order + "I", pcap, 20)[0] == ETHERNET
    frames, offset = [], 24
    while offset < len(pcap):
        captured = struct.unpack_from(order + "I", pcap, offset + 8)[0]
        frames.append(pcap[offset + 16 : offset + 16 + captured])
        offset += 16 + captured
    return frames


def _decode(frame: bytes) -> dict[str, object]:
    assert struct.unpack_from("!H", frame, 12)[0] == IPV4
    packet = frame[14:]
    version_ihl, _, ip_len, _, fragment, ttl, protocol, _, src, dst = struct.unpack_from(
        "!BBHHHBBH4s4s", packet
    )
    assert protocol == ICMP
    header_len = (version_ihl & 15) * 4
    event: dict[str, object] = {
        "src": inet_ntoa(src),
        "dst": inet_ntoa(dst),
        "ttl": ttl,
        "ip_len": ip_len,
        "len": ip_len - header_len,
    }
    if fragment & 0x3FFF:
        event["frag_off"] = (fragment & 0x1FFF) * 8
    if not fragment & 0x1FFF:
        event.update(_decode_icmp(packet[header_len:]))
    return event


def _decode_icmp(message: bytes) -> dict[str, object]:
    kind, code, _, high, low = struct.unpack_from("!BBHHH", message)
    event: dict[str, object] = {"type": kind, "code": code}
    if kind in ECHO:
        event.update(id=high, seq=low)
    if kind == REDIRECT:
        event["gateway"] = inet_ntoa(message[4:8])
    if (kind, code) == FRAG_NEEDED:
        event["mtu"] = low
    return event
