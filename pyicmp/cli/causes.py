"""At the end of ``why`` and ``drops``: a sentence per cause, and the command that changes it."""

from __future__ import annotations

import os

from pyicmp.errors import printable
from pyicmp.icmp.netns import netns_inode, netns_name
from pyicmp.sinks.verdicts import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyicmp.icmp.verdicts.verdict import Verdict

    Cause = tuple[str, int]

__all__ = ["Causes", "in_netns", "within"]

# Which echo replies are limited at all is in these masks; their defaults exempt them.
MASKS = {4: "net.ipv4.icmp_ratemask=6168", 6: "net.ipv6.icmp.ratemask=0-1,3-127"}
FIREWALL = ("a netfilter rule", "nft list ruleset")
INGRESS = ("a tc filter", "tc filter show dev {if} ingress")
QDISC = ("the queueing discipline", "tc -s qdisc show dev {if}")
NEIGHBOUR = ("no neighbour answers for it", "ip neigh show dev {if}")
REVERSE_PATH = (
    "reverse-path filtering: no route to the source leads back there",
    "sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.{if}.rp_filter=0",
)
XDP = ("an XDP program", "ip link show dev {if}")
EGRESS = ("a tc filter", "tc filter show dev {if} egress")
UNKNOWN_PEER = ("nobody here has asked for it", "")
FULL_SOCKET = ("its reader is slow or its buffer small", "sysctl -w net.core.rmem_default=1048576")
HOPS = ("a traceroute, or a routing loop", "ip route get {dst}")
TOO_BIG = ("it does not fit the next link, and may not be cut", "ip link show dev {if}")
FRAGMENTS = ("not all of its fragments came in time", "")
CHECKSUM = ("its checksum is wrong: damaged, or made so by the sender", "")
# By the kernel's reason where it has one, else by the function that dropped.
KNOWN = {
    "NETFILTER_DROP": FIREWALL,
    "TC_INGRESS": INGRESS,
    "QDISC_DROP": QDISC,
    "NEIGH_FAILED": NEIGHBOUR,
    "IP_RPFILTER": REVERSE_PATH,
    "ICMP_CSUM": CHECKSUM,
    "IP_CSUM": CHECKSUM,
    "XDP": XDP,
    "TC_EGRESS": EGRESS,
    "NO_SOCKET": UNKNOWN_PEER,
    "SOCKET_RCVBUFF": FULL_SOCKET,
    "PKT_TOO_BIG": TOO_BIG,
    "FRAG_REASM_TIMEOUT": FRAGMENTS,
    "nf_hook_slow": FIREWALL,
    "nft_do_chain": FIREWALL,
    "ipt_do_table": FIREWALL,
    "__netif_receive_skb_core": INGRESS,
    "neigh_invalidate": NEIGHBOUR,
    "arp_error_report": NEIGHBOUR,
    "ndisc_error_report": NEIGHBOUR,
    "ping_queue_rcv_skb": FULL_SOCKET,
    "do_xdp_generic": XDP,
    "netif_receive_generic_xdp": XDP,
    "veth_xdp_rcv_skb": XDP,
    "EPERM": FIREWALL,
    "ENOBUFS": QDISC,
}


class Causes:
    """Counts verdicts by cause and network namespace."""

    def __init__(self) -> None:
        self._counts: dict[Cause, int] = {}
        self._examples: dict[Cause, Verdict] = {}
        self.answered = 0

    def add(self, verdicts: Iterable[Verdict]) -> None:
        """Count some more."""
        for verdict in verdicts:
            if verdict.outcome == "answered":
                self.answered += 1
                continue
            self.answered -= verdict.later  # it was counted when the reply was handed to IP
            cause = words(verdict), verdict.request.netns
            self._counts[cause] = self._counts.get(cause, 0) + 1
            self._examples.setdefault(cause, verdict)

    def sentences(self) -> Iterator[str]:
        """Yield a line for each cause, the most frequent first."""
        if self.answered > 0:
            yield f"{self.answered} answered"
        for cause in sorted(self._counts, key=lambda one: -self._counts[one]):
            verdict = self._examples[cause]
            line = f"{self._counts[cause]} {cause[0]}{in_netns(cause[1])}"
            because, command = _advice(verdict)
            parts = [line, *filter(None, (because, command and f"try: {command}"))]
            yield "; ".join(parts)


def _advice(verdict: Verdict) -> tuple[str, str]:
    """Return why, in other words, and the command that changes it or shows more."""
    prefix, request = within(verdict.request.netns), verdict.request
    interface = printable(request.ifname)
    if verdict.outcome == "ignored":
        return "", f"{prefix}sysctl -w {verdict.sysctl}=0"
    if verdict.outcome == "rate_limited":
        return "echo replies are among what is limited", (
            f"{prefix}sysctl -w {MASKS[request.family]}"
        )
    if verdict.outcome == "no_route_back":
        return "", f"{prefix}ip route get {request.src}"
    if verdict.outcome == "not_for_us":
        return f"{request.dst} is no address of this host, and it does not forward", (
            f"{prefix}ip address add {request.dst} dev {interface}"
        )
    known = KNOWN.get(verdict.reason or "") or KNOWN.get(verdict.function or "")
    because, command = HOPS if verdict.expired else known or ("", "")
    command = command.replace("{if}", interface).replace("{dst}", request.dst)
    return because, command and prefix + command


def in_netns(inode: int) -> str:
    """Return in which network namespace that is, in words; nothing if it is ours."""
    if inode == netns_inode("self"):
        return ""
    return f" in network namespace {printable(netns_name(inode) or str(inode))}"


def within(inode: int) -> str:
    """Return what to put before a command so that it runs in a network namespace."""
    if inode == netns_inode("self"):
        return ""
    name = netns_name(inode)
    if name and os.path.exists(f"/run/netns/{name}"):
        return f"ip netns exec {printable(name)} "
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if os.stat(f"/proc/{entry}/ns/net").st_ino == inode:
                    return f"nsenter -t {entry} -n "
            except OSError:  # it has ended
                continue
    return ""
