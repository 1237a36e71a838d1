"""What the name of a program's ELF section says, by libbpf's conventions (section_defs)."""

from __future__ import annotations

__all__ = ["parse_section", "section_type"]

_ALIASES = {
    "tp": "tracepoint", "raw_tracepoint": "raw_tp", "classifier": "tc", "raw_tp.w": "raw_tp",
    "raw_tracepoint.w": "raw_tp",
}  # fmt: skip
_SUFFIXES = (".s", ".frags", ".frags_bind")
# enum bpf_prog_type and bpf_attach_type of the kinds that came after libbpf 1.1.
_LATER = {
    "tcx/ingress": (3, 46), "tcx/egress": (3, 47), "tc/ingress": (3, 46), "tc/egress": (3, 47),
    "netkit/primary": (3, 54), "netkit/peer": (3, 55), "netfilter": (32, 45),
    "kprobe.session": (2, 56),
}  # fmt: skip


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
    for suffix in _SUFFIXES:
        kind = kind.removesuffix(suffix)
    if kind == "tc" and target:  # tc/ingress: libbpf's alias
        kind = "tcx"
    return _ALIASES.get(kind, kind), target or None, not section.startswith("?")


def section_type(section: str) -> tuple[int, int] | None:
    """
    Return program type and expected attach type of a kind that older libbpf does not know.

    Example:
        >>> section_type("?netfilter")
        (32, 45)
    """
    name = section.removeprefix("?")
    return _LATER.get(name) or _LATER.get(name.partition("/")[0])
