"""Where our words are not tcpdump 4.99's, and why."""

from __future__ import annotations

import re

#: Its slips of the pen, by what it means to print.
_SLIPS = {
    r"^(multicast listener (?:query|report|done))max resp": r"\1 max resp",
    r",  unreachable": ", unreachable",
    r"^who-are-you (?:request|reply) ": "",  # another type's name before the type's own
}
#: It has no word for a type or a code that IANA names.
_UNKNOWN = re.compile(
    r"type-#\d+|unknown icmp6 type \(\d+\)|destination unreachable, unknown unreach code \(\d+\)"
    r"|parameter problem, code-#\d+|parameter problem - code \d+"
)
#: Sample: tcpdump's words, ours, the reason.
DIFFERENT = {
    (4, "mobile router advertisement"): (
        "router advertisement lifetime 30 1: {10.0.0.1 9}",
        "router advertisement, no common traffic lifetime 30 1: {10.0.0.1 9}",
        "the code's meaning is said",
    ),
    (6, "query name"): (
        "node information query (DNS name, subject=2001:db8::132)",
        "node information query (name)",
        "the subject is among the fields",
    ),
    (6, "query addresses"): (
        'node information query (node addresses [GSLCA], subject=DNS name, "host.example.net.")',
        "node information query (ipv6)",
        "the subject is among the fields",
    ),
    (6, "query ipv4"): (
        "node information query (unknown, subject=192.0.2.9)",
        "node information query (ipv4)",
        "tcpdump does not know the query's type",
    ),
    (6, "reply name"): (
        'node information reply (DNS name, "host.example.net.")',
        "node information reply (name)",
        "the names are among the fields",
    ),
    (6, "reply addresses"): (
        "node information reply (node addresses fe80::9(10) 2001:db8::132(20))",
        "node information reply (ipv6)",
        "the addresses are among the fields",
    ),
    (6, "reply ipv4"): (
        "node information reply (unknown)",
        "node information reply (ipv4)",
        "tcpdump does not know the query's type",
    ),
    (6, "renumbering command"): (
        "router renumbering, command, seq=1400"
        " match(change,2001:db8:5::/48) use(V,2001:db8:5::/48/16)",
        "router renumbering, command, seq=1400",
        "the operations are among the fields",
    ),
    (6, "type 200"): (
        "mtrace response",
        "private experimentation",
        "IANA's registry has no such type",
    ),
    (6, "type 201"): (
        "mtrace message",
        "private experimentation",
        "IANA's registry has no such type",
    ),
}


def meant(said: str) -> str:
    """Return what tcpdump means to print."""
    for slip, right in _SLIPS.items():
        said = re.sub(slip, right, said)
    return said


def is_unknown(said: str) -> bool:
    """Return whether tcpdump has no words for it."""
    return _UNKNOWN.fullmatch(said) is not None
