"""Addresses as text, without ``ipaddress``, whose import costs a plain start 3 ms."""

from __future__ import annotations

__all__ = ["address_text", "ipv4_text", "ipv6_text"]

_MAPPED = bytes(10) + b"\xff\xff"


def address_text(raw: bytes) -> str:
    """Return an address of 4 or 16 bytes in network order as text."""
    return ipv4_text(raw) if len(raw) == 4 else ipv6_text(raw)


def ipv4_text(raw: bytes) -> str:
    """
    Return the first four bytes of *raw* as an IPv4 address.

    Example:
        >>> ipv4_text(bytes([10, 0, 0, 9]))
        '10.0.0.9'
    """
    return "%d.%d.%d.%d" % (raw[0], raw[1], raw[2], raw[3])


def ipv6_text(raw: bytes) -> str:
    """
    Return 16 bytes as an IPv6 address in its canonical form (RFC 5952), as inet_ntop(3) does.

    Example:
        >>> ipv6_text(bytes.fromhex("fe80" + "0" * 24 + "0001"))
        'fe80::1'
    """
    groups = [f"{raw[i] << 8 | raw[i + 1]:x}" for i in range(0, 16, 2)]
    if raw[:12] == _MAPPED:
        return "::ffff:" + ipv4_text(raw[12:])
    if raw[:12] == bytes(12) and any(raw[12:14]):
        return "::" + ipv4_text(raw[12:])
    start, longest = _longest_zeros(groups)
    if longest < 2:
        return ":".join(groups)
    return ":".join(groups[:start]) + "::" + ":".join(groups[start + longest :])


def _longest_zeros(groups: list[str]) -> tuple[int, int]:
    """Return where the first longest run of zero groups starts, and how long it is."""
    best, longest, run = 0, 0, 0
    for at, group in enumerate(groups):
        run = run + 1 if group == "0" else 0
        if run > longest:
            best, longest = at - run + 1, run
    return best, longest
