"""The fields of routing (RFC 6550 §6) and neighbors (RFC 6775, 8505) in low-power networks."""

from __future__ import annotations

from pyicmp.icmp.message.reading import byte, flags, hexadecimal, ipv6, known, u16

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.icmp.message.reading import Fields

__all__ = ["duplicate_address", "rpl"]

DIO, DAO, DAO_ACK = 1, 2, 3


def rpl(data: bytes) -> Fields:
    """Read the base object of what is neither solicitation nor secured; its options are not."""
    code = byte(data, 1)
    if code == DIO:
        return _information(data)
    if code == DAO:
        return known(instance=byte(data, 4), sequence=byte(data, 7)) | _dodag(data, 0x40)
    if code == DAO_ACK:
        found = known(instance=byte(data, 4), sequence=byte(data, 6), status=byte(data, 7))
        return found | _dodag(data, 0x80)
    return {}


def _information(data: bytes) -> Fields:
    value = byte(data, 8)
    found = known(instance=byte(data, 4), version=byte(data, 5), rank=u16(data, 6))
    found |= flags(value, grounded=0x80)
    if value is not None:
        found |= {"mode": value >> 3 & 7, "preference": value & 7}
    return found | known(trigger_sequence=byte(data, 9), dodag=ipv6(data, 12))


def _dodag(data: bytes, present: int) -> Fields:
    """Read which graph it is about; a flag tells whether the message says."""
    return known(dodag=ipv6(data, 8) if (byte(data, 5) or 0) & present else None)


def duplicate_address(data: bytes) -> Fields:
    """Read RFC 6775 §4.4, and RFC 8505 §4.2, where the code tells how long the owner's id is."""
    owner_len = 8 * max(1, min((byte(data, 1) or 0) & 15, 4))
    found = known(status=byte(data, 4), lifetime=u16(data, 6))
    return found | known(owner=hexadecimal(data, 8, owner_len), address=ipv6(data, 8 + owner_len))
