"""The fields of Multicast Listener Discovery (RFC 2710, 3810) and router discovery (RFC 4286)."""

from __future__ import annotations

from pyicmp.icmp.message.reading import byte, flags, hexadecimal, ipv6, ipv6_list, known, u16

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.icmp.message.reading import Fields

__all__ = ["listener", "query", "report", "router_advertisement"]

QUERY, V2_QUERY_LEN = 130, 28
RECORD_LEN = 20
_RECORDS = {
    1: "is-in", 2: "is-ex", 3: "to-in", 4: "to-ex", 5: "allow", 6: "block",
}  # fmt: skip


def listener(data: bytes) -> Fields:
    """Read an MLDv1 message (RFC 2710 §3): the delay in ms, and the group."""
    return known(max_response_delay=u16(data, 4), group=ipv6(data, 8))


def query(data: bytes) -> Fields:
    """Read an MLDv2 query (RFC 3810 §5.1), as one of 28 bytes or more is; delay in ms."""
    code, flag, interval = u16(data, 4), byte(data, 24), byte(data, 25)
    found = known(max_response_code=code, max_response_delay=_delay(code), group=ipv6(data, 8))
    found |= flags(flag, suppress=8)
    found |= known(robustness=None if flag is None else flag & 7)
    found |= known(query_interval=_interval(interval), source_count=u16(data, 26))
    return found | {"sources": ipv6_list(data, V2_QUERY_LEN, u16(data, 26))}


def _delay(code: int | None) -> int | None:
    """Return ms from a code (RFC 3810 §5.1.3): from 2^15 on a floating point number."""
    if code is None or code < 0x8000:
        return code
    return (code & 0xFFF | 0x1000) << ((code >> 12 & 7) + 3)


def _interval(code: int | None) -> int | None:
    """Return seconds from a code (RFC 3810 §5.1.9)."""
    if code is None or code < 128:
        return code
    return (code & 0xF | 0x10) << ((code >> 4 & 7) + 3)


def report(data: bytes) -> Fields:
    """Read an MLDv2 report (RFC 3810 §5.2): the records that begin in the bytes there are."""
    count = u16(data, 6)
    records: list[Fields] = []
    at = 8
    while at < len(data) and len(records) < (count or 0):
        records.append(_record(data, at))
        sources, aux_words = u16(data, at + 2), byte(data, at + 1)
        if sources is None or aux_words is None:
            break
        at += RECORD_LEN + 16 * sources + 4 * aux_words
    return known(record_count=count) | {"records": records}


def _record(data: bytes, at: int) -> Fields:
    kind, count, aux_words = byte(data, at), u16(data, at + 2), byte(data, at + 1)
    found = known(type=kind, name=_RECORDS.get(kind or 0), source_count=count)
    found |= known(group=ipv6(data, at + 4))
    found["sources"] = ipv6_list(data, at + RECORD_LEN, count or 0)
    aux_at = at + RECORD_LEN + 16 * (count or 0)
    return found | known(auxiliary=hexadecimal(data, aux_at, 4 * (aux_words or 0)))


def router_advertisement(data: bytes) -> Fields:
    """Read RFC 4286 §3.2: seconds between advertisements (in the code's place) and queries."""
    found = known(advertisement_interval=byte(data, 1), query_interval=u16(data, 4))
    return found | known(robustness=u16(data, 6))
