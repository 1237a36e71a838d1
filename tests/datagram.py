"""Sends a UDP datagram to where nobody listens, and waits for the error: a program of its own."""

from __future__ import annotations

import socket
import sys


def main(peer: str, port: int) -> None:
    """Send one, by a connected socket, so that the error is delivered."""
    family = socket.AF_INET6 if ":" in peer else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        udp.settimeout(1.0)
        udp.connect((peer, port))
        udp.send(b"nobody")
        try:
            udp.recv(1)
        except OSError:
            return


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
