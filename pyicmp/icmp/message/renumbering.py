"""The fields of router renumbering (RFC 2894 §3)."""

from __future__ import annotations

from pyicmp.icmp.message.reading import byte, flags, known, prefix, u16, u32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.icmp.message.reading import Fields

__all__ = ["router_renumbering"]

COMMAND, RESULT = 0, 1
HEADER_LEN, MATCH_LEN, USE_LEN, RESULT_LEN = 16, 24, 32, 24
_OPERATIONS = {1: "add", 2: "change", 3: "set-global"}


def router_renumbering(data: bytes) -> Fields:
    """Read the header, delay in ms, and the commands or results that begin in *data*."""
    found = known(sequence=u32(data, 4), segment=byte(data, 8))
    found |= flags(byte(data, 9), test=0x80, result=0x40, all=0x20, site=0x10, processed=0x08)
    found |= known(max_delay=u16(data, 10))
    if byte(data, 1) == COMMAND:
        found["operations"] = _operations(data)
    elif byte(data, 1) == RESULT:
        found["results"] = [_result(data, at) for at in range(HEADER_LEN, len(data), RESULT_LEN)]
    return found


def _operations(data: bytes) -> list[Fields]:
    found: list[Fields] = []
    at = HEADER_LEN
    while at < len(data):
        size = (byte(data, at + 1) or 0) * 8
        found.append(_match(data, at) | {"use": _uses(data, at + MATCH_LEN, at + size)})
        if size < MATCH_LEN:
            break
        at += size
    return found


def _match(data: bytes, at: int) -> Fields:
    kind = byte(data, at)
    found = known(op=kind, name=_OPERATIONS.get(kind or 0), ordinal=byte(data, at + 2))
    found |= known(min_len=byte(data, at + 4), max_len=byte(data, at + 5))
    return found | known(match=prefix(data, at + 8, byte(data, at + 3)))


def _uses(data: bytes, at: int, end: int) -> list[Fields]:
    return [_use(data, one) for one in range(at, min(end, len(data)), USE_LEN)]


def _use(data: bytes, at: int) -> Fields:
    found = known(use_len=byte(data, at), keep_len=byte(data, at + 1))
    found |= known(valid_lifetime=u32(data, at + 4), preferred_lifetime=u32(data, at + 8))
    found |= flags(byte(data, at + 12), decrement_valid=0x80, decrement_preferred=0x40)
    return found | known(prefix=prefix(data, at + 16, byte(data, at)))


def _result(data: bytes, at: int) -> Fields:
    found = flags(byte(data, at + 1), bounds_error=2, forbidden=1)
    found |= known(ordinal=byte(data, at + 2), interface_index=u32(data, at + 4))
    return found | known(matched=prefix(data, at + 8, byte(data, at + 3)))
