"""
Sends echo requests and reads each reply before the next: a program of its own.

usage: python3 -m tests.asker ping|raw|hdrincl PEER ID COUNT [--stop]

With --stop it stops itself after each request: somebody must let it go on.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys

from tests.pinger import Sender

PATIENCE = 10.0
REPLIES = (0, 129)


def is_reply(packet: bytes, sender: Sender, seq: int) -> bool:
    """Tell whether it is the reply to that request: of IPv4 a raw socket gives the header too."""
    has_header = sender.family == socket.AF_INET and sender.kind != "ping"
    kind, _, _, number, found = struct.unpack("!BBHHH", packet[20 if has_header else 0 :][:8])
    return kind in REPLIES and (number, found) == (sender.number, seq)


def main(kind: str, peer: str, number: int, count: int, stop: bool) -> None:
    """Ask, and read."""
    sender = Sender(kind, peer, number)
    sender.socket.settimeout(PATIENCE)
    for seq in range(1, count + 1):
        sender.send(seq, 64)
        if stop:
            os.kill(os.getpid(), signal.SIGSTOP)
        while not is_reply(sender.socket.recv(2048), sender, seq):
            pass


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), "--stop" in sys.argv)
