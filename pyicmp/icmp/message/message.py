"""``Message``: one ICMP or ICMPv6 message, decoded as it is asked."""

from __future__ import annotations

from pyicmp.icmp.message import extensions
from pyicmp.icmp.message.quote import Quote, quoted
from pyicmp.icmp.message.reading import byte, ipv4, ipv6, u16, u32
from pyicmp.icmp.types import ECHO, ERRORS, EXTENDED_ECHO, QUERIES, code_name, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.icmp.message.reading import Fields

__all__ = ["Message"]

HEADER_LEN = 8
FRAG_NEEDED, PACKET_TOO_BIG = (3, 4), 2
REDIRECT = {4: 5, 6: 137}
# RFC 6275: home agent discovery and mobile prefixes have an identifier, and no sequence number.
MOBILE = {4: frozenset[int](), 6: frozenset({144, 145, 146, 147})}
TARGETED = frozenset({135, 136, REDIRECT[6]})
REDIRECTED_HEADER = 4


class Message:
    """
    A message; nothing is decoded until it is asked for, and no bytes make it raise.

    Args:
        family: IP version: 4 or 6.
        data: The message's first bytes, ICMP header included; it may end anywhere.
        length: The message's real length, as its IP header has it, bytes.

    Example:
        >>> Message(4, bytes.fromhex("0800000000070001"), 8).text
        'echo request, id 7, seq 1'
    """

    __slots__ = ("data", "family", "length")

    def __init__(self, family: int, data: bytes, length: int) -> None:
        self.family, self.length = family, length
        self.data: bytes = data[:length] if 0 <= length < len(data) else data

    def __repr__(self) -> str:
        return f"<Message IPv{self.family} {self.text}, length {self.length}>"

    @property
    def type(self) -> int | None:
        """ICMP type."""
        return byte(self.data, 0)

    @property
    def code(self) -> int | None:
        """ICMP code."""
        return byte(self.data, 1)

    @property
    def type_name(self) -> str | None:
        """The type's short name, as ``echo-request``; None if IANA lists none."""
        return type_name(self.family, self.data[0]) if self.data else None

    @property
    def code_name(self) -> str | None:
        """The code's short name, as ``port`` for a type ``unreachable``."""
        return code_name(self.family, self.data[0], self.data[1]) if len(self.data) > 1 else None

    @property
    def is_error(self) -> bool:
        """Whether it tells of another packet; ICMPv4 redirects included, as in RFC 1122."""
        return self._is(ERRORS)

    @property
    def is_echo(self) -> bool:
        """Whether it is an echo request or an echo reply."""
        return self._is(ECHO)

    def _is(self, types: dict[int, frozenset[int]]) -> bool:
        return bool(self.data) and self.data[0] in types[self.family]

    @property
    def id(self) -> int | None:
        """Identifier of a query or its reply; never of an error."""
        if self._is(QUERIES) or self._is(EXTENDED_ECHO) or self._is(MOBILE):
            return u16(self.data, 4)
        return None

    @property
    def seq(self) -> int | None:
        """Sequence number of a query or its reply; never of an error."""
        if self._is(EXTENDED_ECHO):
            return byte(self.data, 6)
        return u16(self.data, 6) if self._is(QUERIES) else None

    @property
    def mtu(self) -> int | None:
        """Next-hop MTU, bytes, of fragmentation-needed (RFC 1191) or packet-too-big."""
        if self.family == 4:
            return u16(self.data, 6) if (self.type, self.code) == FRAG_NEEDED else None
        return u32(self.data, 4) if self.type == PACKET_TOO_BIG else None

    @property
    def gateway(self) -> str | None:
        """Where an ICMPv4 redirect sends packets to; ICMPv6 has that in ``target``."""
        return ipv4(self.data, 4) if self.family == 4 and self.type == REDIRECT[4] else None

    @property
    def target(self) -> str | None:
        """Target of a neighbor message, or where an ICMPv6 redirect sends packets to."""
        return ipv6(self.data, 8) if self.family == 6 and self.type in TARGETED else None

    @property
    def pointer(self) -> int | None:
        """Offset in the quoted packet of what was wrong with it, bytes."""
        if self.family == 6:
            return u32(self.data, 4) if self.type == 4 else None
        if self.type == 12:
            return byte(self.data, 4)
        if self.type == 31:
            return u32(self.data, 4)
        return u16(self.data, 6) if self.type == 40 else None

    @property
    def inner(self) -> Quote | None:
        """The packet that an error or a redirect quotes."""
        if self._is(ERRORS):
            end, _ = extensions.split(self.family, self.data[0], self.data, self.length)
            return quoted(self.family, self.data[HEADER_LEN:end])
        if self.family == 6 and self.type == REDIRECT[6]:
            from pyicmp.icmp.message.options import option_bodies

            for kind, body in option_bodies(self.data, 40):
                if kind == REDIRECTED_HEADER:
                    return quoted(6, body[8:])
        return None

    @property
    def extensions(self) -> tuple[Fields, ...]:
        """The extension objects behind the quote, or in an extended echo request: plain dicts."""
        if self.type == min(EXTENDED_ECHO[self.family]):
            return extensions.objects(self.data, HEADER_LEN)
        if not self._is(ERRORS):
            return ()
        _, at = extensions.split(self.family, self.data[0], self.data, self.length)
        return () if at is None else extensions.objects(self.data, at)

    @property
    def fields(self) -> Fields:
        """What else messages of this type hold, as plain JSON values."""
        from pyicmp.icmp.message.fields import fields

        return fields(self.family, self.data, self.length)

    @property
    def text(self) -> str:
        """It in tcpdump's words, without ``ICMP`` and length."""
        from pyicmp.icmp.message.text import text

        return text(self)
