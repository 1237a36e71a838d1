"""What the name of a program's ELF section says, by libbpf's conventions (section_defs)."""

from __future__ import annotations

__all__ = ["parse_section"]

_ALIASES = {"tp": "tracepoint", "raw_tracepoint": "raw_tp", "classifier": "tc"}


def parse_section(section: str) -> tuple[str, str | None, bool]:
    """
    Split a program section's name into kind, target, and whether it is loaded by default.

    Example:
        >>> parse_section("kretprobe/ip_rcv_core")
        ('kretprobe', 'ip_rcv_core', True)
        >>> parse_section("?tp_btf/netif_receive_skb")
        ('tp_btf', 'netif_receive_skb', False)
        >>> parse_section("xdp")
        ('xdp', None, True)
    """
    kind, _, target = section.removeprefix("?").partition("/")
    return _ALIASES.get(kind, kind), target or None, not section.startswith("?")
