"""The fields of ICMPv4 messages, and of the extended echo that both families share."""

from __future__ import annotations

from pyicmp.icmp.message.reading import byte, domains, flags, ipv4, known, u16, u32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.icmp.message.reading import Fields

__all__ = [
    *("address_mask", "domain_names", "extended_echo_reply", "extended_echo_request"),
    *("router_advertisement", "timestamps", "traceroute"),
]

# RFC 8335 §3: of the neighbor's entry that a remote interface was asked for.
_STATES = ("reserved", "incomplete", "reachable", "stale", "delay", "probe", "failed")


def router_advertisement(data: bytes) -> Fields:
    """Read RFC 1256 §3: lifetime in seconds; entries of another size than 8 bytes are passed by."""
    entry_len = (byte(data, 5) or 0) * 4
    count = min(byte(data, 4) or 0, (len(data) - 8) // entry_len if entry_len >= 8 else 0)
    routers = [
        {"address": ipv4(data, at), "preference": _signed(u32(data, at + 4) or 0)}
        for at in range(8, 8 + count * entry_len, entry_len or 1)
    ]
    return known(lifetime=u16(data, 6), addresses=byte(data, 4)) | {"routers": routers}


def _signed(value: int) -> int:
    return value - (1 << 32) if value >> 31 else value


def timestamps(data: bytes) -> Fields:
    """Read RFC 792's three times, ms since midnight UT; a set high bit says another unit."""
    return known(originate=u32(data, 8), receive=u32(data, 12), transmit=u32(data, 16))


def address_mask(data: bytes) -> Fields:
    """Read RFC 950, appendix I."""
    return known(address_mask=ipv4(data, 8))


def traceroute(data: bytes) -> Fields:
    """Read RFC 1393 §2.2: hops counted, speed in bytes a second, MTU in bytes."""
    hops = known(id=u16(data, 4), outbound_hops=u16(data, 8), return_hops=u16(data, 10))
    return hops | known(output_speed=u32(data, 12), output_mtu=u32(data, 16))


def domain_names(data: bytes) -> Fields:
    """Read RFC 1788 §3: how long the names hold, seconds, and the names."""
    return known(names_ttl=u32(data, 8)) | {"names": domains(data, 12)}


def extended_echo_request(data: bytes) -> Fields:
    """Read RFC 8335 §2: whether the interface is the probed node's own."""
    return flags(byte(data, 7), local=1)


def extended_echo_reply(data: bytes) -> Fields:
    """Read RFC 8335 §3."""
    value = byte(data, 7)
    if value is None:
        return {}
    state = value >> 5
    named = {"state": state} | known(state_name=dict(enumerate(_STATES)).get(state))
    return named | flags(value, active=4, ipv4=2, ipv6=1)
