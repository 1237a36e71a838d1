"""
The sysctls that decide which ICMP messages there are to see, and who may trace them.

Defaults are the kernel's (net/ipv4/icmp.c, net/ipv6/icmp.c); some have changed, hence several.
What each does: Documentation/networking/ip-sysctl.rst, Documentation/admin-guide/sysctl.
"""

from __future__ import annotations

from pyicmp.bpf.host import sysctl
from pyicmp.icmp.types import type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Effect = str | Callable[[str], str]

__all__ = ["ECHO_IGNORED", "effect", "sysctls"]

ECHO_IGNORED = "net.ipv4.icmp_echo_ignore_all"


def _limited(value: str) -> str:
    names = [
        type_name(4, number) or str(number) for number in range(32) if int(value) >> number & 1
    ]
    return f"the limit is on {', '.join(names) or 'no type at all'}"


def _paranoid(value: str) -> str:
    if int(value) > 2:
        return "no kprobe without CAP_SYS_ADMIN, even with CAP_PERFMON"
    return "processes without capabilities may measure more; nothing changes for pyicmp"


def _spaced(value: str) -> str:
    if value == "0":
        return "no limit by peer"
    return f"errors to one peer are {value} ms apart: the others are not sent"


def _no_discovery(value: str) -> str:
    return {
        "1": "no path MTU discovery: frag-needed sets the smallest MTU",
        "2": "frag-needed is ignored",
        "3": "frag-needed counts only for protocols that can check it",
    }.get(value, "path MTU discovery is changed")


# Name: the defaults, and what another value does.
_TABLE: dict[str, tuple[tuple[str, ...], Effect]] = {
    ECHO_IGNORED: (("0",), "no IPv4 echo request is answered"),
    "net.ipv4.icmp_echo_ignore_broadcasts": (("1",), "echo requests to all are answered too"),
    "net.ipv4.icmp_ratelimit": (("1000",), _spaced),
    "net.ipv4.icmp_ratemask": (("6168",), _limited),
    "net.ipv4.icmp_msgs_per_sec": (
        ("1000", "10000"),
        lambda value: f"errors above {value} a second, to whomever, are not sent",
    ),
    "net.ipv4.icmp_msgs_burst": (
        ("50", "10000"),
        lambda value: f"after {value} errors at once the limit by second holds",
    ),
    "net.ipv4.ping_group_range": (
        ("1 0", "0 2147483647"),
        lambda value: f"ping sockets are for groups {value.replace(' ', ' to ')} only",
    ),
    "net.ipv4.ip_no_pmtu_disc": (("0",), _no_discovery),
    "net.ipv6.icmp.echo_ignore_all": (("0",), "no IPv6 echo request is answered"),
    "net.ipv6.icmp.echo_ignore_multicast": (("0",), "none to a multicast group is answered"),
    "net.ipv6.icmp.echo_ignore_anycast": (("0",), "none to an anycast address is answered"),
    "net.ipv6.icmp.ratelimit": (("1000", "100"), _spaced),
    "net.ipv6.icmp.ratemask": (
        ("0-1,3-127",),
        lambda value: f"the limit is on types {value}",
    ),
    "net.ipv6.conf.all.disable_ipv6": (("0",), "there is no IPv6 here"),
    "kernel.perf_event_paranoid": (("2",), _paranoid),
    "kernel.unprivileged_bpf_disabled": (
        ("2", "1"),
        "processes without capabilities may load BPF filters; tracing still takes CAP_BPF",
    ),
    "kernel.ftrace_enabled": (("1",), "probes attach and are never met"),
    "kernel.bpf_stats_enabled": (("0",), "each run of a BPF program is timed: 20 to 40 ns more"),
    "net.core.bpf_jit_enable": (
        ("1",),
        lambda value: (
            "BPF programs are interpreted, not compiled: slower"
            if value == "0"
            else "the kernel prints each program that it compiles"
        ),
    ),
}


def sysctls() -> dict[str, dict[str, Any]]:
    """
    Return of each sysctl its value in this network namespace, its default, and its effect.

    The value is None where this kernel has none, or shows it to the first namespace only; the
    effect is None at the default.
    """
    found = {}
    for name, (defaults, _) in _TABLE.items():
        value = sysctl(name)
        default = value if value in defaults else defaults[0]
        found[name] = {"value": value, "default": default, "effect": effect(name, value)}
    return found


def effect(name: str, value: str | None) -> str | None:
    """
    Return what a sysctl's value does; None if it is a default, or not known.

    Example:
        >>> effect("net.ipv4.icmp_echo_ignore_all", "1")
        'no IPv4 echo request is answered'
    """
    defaults, text = _TABLE[name]
    if value is None or value in defaults:
        return None
    return text if isinstance(text, str) else text(value)
