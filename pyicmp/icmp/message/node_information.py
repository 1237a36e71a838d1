"""The fields of node information queries and replies (RFC 4620 §4)."""

from __future__ import annotations

from pyicmp.icmp.message.reading import (
    byte,
    domains,
    flags,
    hexadecimal,
    ipv4,
    ipv6,
    known,
    u16,
    u32,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.icmp.message.reading import Fields

__all__ = ["QTYPES", "query", "reply"]

DATA_AT = 16
NOOP, SUPPORTED, NAME, IPV6_ADDRESSES, IPV4_ADDRESSES = range(5)
QTYPES = {NOOP: "noop", SUPPORTED: "supported", NAME: "name", IPV6_ADDRESSES: "ipv6", 4: "ipv4"}


def query(data: bytes) -> Fields:
    """Read a query; its code tells what the subject is."""
    found = _header(data)
    code = byte(data, 1)
    if code == 0:
        found |= known(subject=ipv6(data, DATA_AT))
    elif code == 1:
        found |= known(subject=next(iter(domains(data, DATA_AT)), None))
    elif code == 2:
        found |= known(subject=ipv4(data, DATA_AT))
    return found


def reply(data: bytes) -> Fields:
    """Read a reply: names, or addresses with their time to live in seconds."""
    found = _header(data)
    qtype = u16(data, 4)
    if qtype == NAME:
        found |= known(ttl=u32(data, DATA_AT)) | {"names": domains(data, DATA_AT + 4)}
    elif qtype == IPV6_ADDRESSES:
        found["addresses"] = _entries(data, 16)
    elif qtype == IPV4_ADDRESSES:
        found["addresses"] = _entries(data, 4)
    return found


def _entries(data: bytes, size: int) -> list[Fields]:
    read = ipv6 if size == 16 else ipv4
    starts = range(DATA_AT, len(data) - 4 - size + 1, 4 + size)
    return [known(ttl=u32(data, at), address=read(data, at + 4)) for at in starts]


def _header(data: bytes) -> Fields:
    qtype = u16(data, 4)
    found = known(qtype=qtype, qtype_name=None if qtype is None else QTYPES.get(qtype))
    found |= flags(u16(data, 6), truncated=1, all=2, compatible=4, link_local=8, site_local=16)
    found |= flags(u16(data, 6), global_scope=32)
    return found | known(nonce=hexadecimal(data, 8, 8))
