"""
ICMP and ICMPv6 types and codes by name, for IP family 4 or 6.

Numbers and names are IANA's (``registry``). A name is the short form for filters and JSON; what
means the same in both families has the same name. A text is what tcpdump calls it.
"""

from __future__ import annotations

from pyicmp.icmp.registry import CODES, TYPES

__all__ = [
    *("ECHO", "ERRORS", "EXTENDED_ECHO", "QUERIES"),
    *("code_name", "message_text", "type_name"),
]

#: Echo requests and replies, by family.
ECHO = {4: frozenset({0, 8}), 6: frozenset({128, 129})}
#: Extended echo requests and replies (RFC 8335), whose sequence number is one byte.
EXTENDED_ECHO = {4: frozenset({42, 43}), 6: frozenset({160, 161})}
#: What carries an identifier and a sequence number of 16 bits each (RFC 792, 950, 1788, 4443).
QUERIES = {4: frozenset({0, 8, *range(13, 19), 37, 38}), 6: ECHO[6]}
#: What tells of a packet and quotes it (RFC 792, 1475, 2521); in ICMPv6 all below 128 (RFC 4443).
ERRORS = {4: frozenset({3, 4, 5, 11, 12, 31, 40}), 6: frozenset(range(128))}


def type_name(family: int, number: int) -> str | None:
    """
    Return the short name of an ICMP type, or None if IANA lists none.

    Example:
        >>> type_name(4, 8), type_name(6, 135), type_name(4, 1)
        ('echo-request', 'neighbor-solicitation', None)
    """
    known = TYPES[family].get(number)
    return known[0] if known else None


def code_name(family: int, number: int, code: int) -> str | None:
    """
    Return the short name of a type's code, or None if it has none.

    Example:
        >>> code_name(4, 3, 4), code_name(6, 1, 4)
        ('frag-needed', 'port')
    """
    known = CODES[family].get((number, code))
    return known[0] if known else None


def message_text(family: int, number: int, code: int) -> str:
    """
    Return a type and code in tcpdump's words.

    Example:
        >>> message_text(4, 3, 1), message_text(6, 128, 0), message_text(4, 200, 0)
        ('host unreachable', 'echo request', 'type-#200')
    """
    named = CODES[family].get((number, code))
    if named:
        return named[1]
    known = TYPES[family].get(number)
    if not known:
        return f"type-#{number}" if family == 4 else f"unknown icmp6 type ({number})"
    return f"{known[1]}, code {code}" if code else known[1]
