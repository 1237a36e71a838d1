"""``--inner``: which packets quoted in errors are meant."""

from __future__ import annotations

from sys import byteorder

from pyicmp.errors import UsageError
from pyicmp.icmp.prefixes import is_ipv4, mask_of, parse_prefix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyicmp.icmp.prefixes import Prefix

__all__ = ["Inner"]

PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "esp": 50, "icmp6": 58, "sctp": 132}
# By whether it is IPv4: AF_INET6, AF_INET.
AF = {False: 10, True: 2}
SIDES = {"src": ("src", "sport"), "dst": ("dst", "dport"), "": ("host", "port")}
GRAMMAR = "such as tcp dst port 443"


class Inner:
    """
    A filter for the quoted packet: all of its terms must hold.

    Args:
        text: ``[proto] tcp|udp|…|N``, ``[src|dst] port N``, ``[src|dst] host ADDR[/LEN]`` or
            ``net``; between them, ``and`` may stand.

    Attributes:
        protocol: IP protocol number, or None.
        ports: By ``sport``, ``dport`` and ``port`` (either).
        prefixes: By ``src``, ``dst`` and ``host`` (either).

    Raises:
        UsageError: It cannot be meant.

    Example:
        >>> inner = Inner("proto tcp and dst port 443 host 10.0.0.5")
        >>> inner.protocol, inner.ports, list(inner.prefixes)
        (6, {'dport': 443}, ['host'])
    """

    def __init__(self, text: str) -> None:
        self.protocol: int | None = None
        self.ports: dict[str, int] = {}
        self.prefixes: dict[str, Prefix] = {}
        words = iter(text.split())
        empty = True
        for word in words:
            if word == "and" and not empty:
                continue
            self._term(word, words, text)
            empty = False
        if empty:
            raise UsageError("--inner is empty", "", GRAMMAR)

    def _term(self, word: str, words: Iterator[str], text: str) -> None:
        side = ""
        if word in ("src", "dst"):
            side, word = word, next(words, "")
        address, port = SIDES[side]
        if word in PROTOCOLS and not side:
            self._set_protocol(word, text)
        elif word == "proto" and not side:
            self._set_protocol(next(words, ""), text)
        elif word == "port":
            _require_new(self.ports, port, text)
            self.ports[port] = _port(next(words, ""))
        elif word in ("host", "net"):
            _require_new(self.prefixes, address, text)
            self.prefixes[address] = parse_prefix(next(words, ""))
        else:
            raise UsageError(f"--inner has no {word!r}", "", GRAMMAR)

    def _set_protocol(self, word: str, text: str) -> None:
        number = int(word) if word.isascii() and word.isdigit() else PROTOCOLS.get(word, -1)
        if not 0 <= number <= 255:
            raise UsageError(f"{word!r} is no IP protocol", "", "give tcp, udp, or its number")
        if self.protocol not in (None, number):
            raise UsageError(f"--inner {text!r} names two protocols", "", "a packet has one")
        self.protocol = number

    def config(self) -> dict[str, object]:
        """Return the members of ``struct inner_config`` (bpf/config.h)."""
        members: dict[str, object] = {"sport": 0, "dport": 0, "port": 0, **self.ports}
        members["protocol"] = self.protocol or 0
        members["by_protocol"] = self.protocol is not None
        families = {AF[is_ipv4(prefix)] for prefix in self.prefixes.values()}
        members["family"] = families.pop() if families else 0
        for name in ("src", "dst", "host"):
            prefix, bits = self.prefixes.get(name, (bytes(16), 0))
            members[name] = {"prefix": _halves(prefix), "mask": _halves(mask_of(bits))}
        return members


def _require_new(found: Mapping[str, object], key: str, text: str) -> None:
    if key in found:
        raise UsageError(f"--inner {text!r} gives {key} twice", "", "all terms must hold")


def _halves(address: bytes) -> dict[str, object]:
    return {"half": tuple(int.from_bytes(address[at : at + 8], byteorder) for at in (0, 8))}


def _port(word: str) -> int:
    if not (word.isascii() and word.isdigit() and 1 <= int(word) <= 65535):
        raise UsageError(f"{word!r} is no port", "", "give 1 to 65535")
    return int(word)
