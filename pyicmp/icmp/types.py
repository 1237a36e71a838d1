"""
ICMP types and codes by name.

Numbers and names: IANA, "Internet Control Message Protocol (ICMP) Parameters". ``name`` is the
short form for filters and JSON, ``text`` is what tcpdump calls it.
"""

from __future__ import annotations

__all__ = ["ECHO", "ERRORS", "QUERIES", "code_name", "message_text", "type_name"]

# type: (name, text, {code: (name, text)})
_V4: dict[int, tuple[str, str, dict[int, tuple[str, str]]]] = {
    0: ("echo-reply", "echo reply", {}),
    3: (
        "unreachable",
        "unreachable",
        {
            0: ("net", "net unreachable"),
            1: ("host", "host unreachable"),
            2: ("protocol", "protocol unreachable"),
            3: ("port", "port unreachable"),
            4: ("frag-needed", "unreachable - need to frag"),
            5: ("source-route-failed", "unreachable - source route failed"),
            6: ("net-unknown", "unreachable - net unknown"),
            7: ("host-unknown", "unreachable - host unknown"),
            8: ("source-isolated", "unreachable - source host isolated"),
            9: ("net-prohibited", "unreachable - net prohibited"),
            10: ("host-prohibited", "unreachable - host prohibited"),
            11: ("net-tos", "unreachable - net unreachable for TOS"),
            12: ("host-tos", "unreachable - host unreachable for TOS"),
            13: ("admin-prohibited", "unreachable - admin prohibited filter"),
            14: ("host-precedence", "unreachable - host precedence violation"),
            15: ("precedence-cutoff", "unreachable - precedence cutoff"),
        },
    ),
    4: ("source-quench", "source quench", {}),
    5: (
        "redirect",
        "redirect",
        {
            0: ("net", "redirect to net"),
            1: ("host", "redirect to host"),
            2: ("tos-net", "redirect-tos to net"),
            3: ("tos-host", "redirect-tos to host"),
        },
    ),
    6: ("alternate-address", "alternate host address", {}),
    8: ("echo-request", "echo request", {}),
    9: (
        "router-advertisement",
        "router advertisement",
        {16: ("no-common-traffic", "router advertisement, no common traffic")},
    ),
    10: ("router-solicitation", "router solicitation", {}),
    11: (
        "time-exceeded",
        "time exceeded",
        {
            0: ("in-transit", "time exceeded in-transit"),
            1: ("reassembly", "ip reassembly time exceeded"),
        },
    ),
    12: (
        "parameter-problem",
        "parameter problem",
        {
            0: ("pointer", "parameter problem"),
            1: ("missing-option", "parameter problem - option missing"),
            2: ("bad-length", "parameter problem - bad length"),
        },
    ),
    13: ("timestamp-request", "time stamp query", {}),
    14: ("timestamp-reply", "time stamp reply", {}),
    15: ("information-request", "information request", {}),
    16: ("information-reply", "information reply", {}),
    17: ("address-mask-request", "address mask request", {}),
    18: ("address-mask-reply", "address mask reply", {}),
    30: ("traceroute", "traceroute", {}),
    31: ("conversion-error", "datagram conversion error", {}),
    32: ("mobile-redirect", "mobile host redirect", {}),
    33: ("where-are-you", "IPv6 where-are-you", {}),
    34: ("i-am-here", "IPv6 I-am-here", {}),
    35: ("mobile-registration-request", "mobile registration request", {}),
    36: ("mobile-registration-reply", "mobile registration reply", {}),
    37: ("domain-name-request", "domain name request", {}),
    38: ("domain-name-reply", "domain name reply", {}),
    39: ("skip", "SKIP", {}),
    40: (
        "photuris",
        "photuris",
        {
            0: ("bad-spi", "photuris - bad SPI"),
            1: ("authentication-failed", "photuris - authentication failed"),
            2: ("decompression-failed", "photuris - decompression failed"),
            3: ("decryption-failed", "photuris - decryption failed"),
            4: ("need-authentication", "photuris - need authentication"),
            5: ("need-authorization", "photuris - need authorization"),
        },
    ),
    41: ("experimental-mobility", "experimental mobility", {}),
    42: ("extended-echo-request", "extended echo request", {}),
    43: (
        "extended-echo-reply",
        "extended echo reply",
        {
            0: ("no-error", "extended echo reply"),
            1: ("malformed-query", "extended echo reply - malformed query"),
            2: ("no-such-interface", "extended echo reply - no such interface"),
            3: ("no-such-entry", "extended echo reply - no such table entry"),
            4: ("multiple-interfaces", "extended echo reply - multiple interfaces satisfy query"),
        },
    ),
}

# Types that carry an identifier and a sequence number: RFC 792, RFC 950; not RFC 8335's
# (42, 43), whose sequence number is one byte.
QUERIES = frozenset({0, 8, 13, 14, 15, 16, 17, 18})
ECHO = frozenset({0, 8})
ERRORS = frozenset({3, 4, 5, 11, 12})


def type_name(number: int) -> str | None:
    """
    Return the short name of an ICMP type, or None if IANA lists none.

    Example:
        >>> type_name(8)
        'echo-request'
    """
    known = _V4.get(number)
    return known[0] if known else None


def code_name(number: int, code: int) -> str | None:
    """
    Return the short name of a type's code, or None if it has none.

    Example:
        >>> code_name(3, 4)
        'frag-needed'
    """
    known = _V4.get(number)
    return known[2].get(code, (None, None))[0] if known else None


def message_text(number: int, code: int) -> str:
    """
    Return a type and code in tcpdump's words.

    Example:
        >>> message_text(8, 0), message_text(3, 1), message_text(200, 0)
        ('echo request', 'host unreachable', 'type-#200')
    """
    known = _V4.get(number)
    if known is None:
        return f"type-#{number}"
    if code in known[2]:
        return known[2][code][1]
    return f"{known[1]}, code {code}" if code or known[2] else known[1]
