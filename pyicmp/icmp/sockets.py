"""Who holds a socket: asked of the kernel when an error hits one, or a sender is not known."""

from __future__ import annotations

from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.icmp.message import Quote

    # Process, its name, the id of its cgroup.
    Owner = tuple[int, bytes, int]
    # Namespace, family, protocol, local address and port, remote address and port.
    Flow = tuple[int, int, int, bytes, int, bytes, int]
    # A socket by its flow, or by its inode.
    Key = Flow | int

__all__ = ["SocketOwners"]

FIELDS = (
    "inode",
    *("netns", "family", "protocol", "local", "local_port", "remote", "remote_port"),
    *("pid", "comm", "cgroup"),
)
FLOW_LEN = 7
PROTOCOL = 2
PORTED = (6, 17)
AF = {4: 2, 6: 10}
ANY = bytes(16)
MAPPED = bytes(10) + b"\xff\xff"
# A flow may be another socket's by now if the list of all sockets is older, seconds.
AGE_MAX = 0.1
# How much of the time making lists may take, and how many seconds of it may be saved up.
SHARE = 0.05
SAVED_MAX = 0.2
SOCKETS_MAX = 65536


class SocketOwners:
    """
    Finds the process that holds a socket, in a list of all that are open.

    A list is made when the last one does not have the socket, or has aged; what is closed meanwhile
    stays known.

    Args:
        read: Returns the records of all sockets that are open now, ``struct icmp_socket``.
        layout: That struct.
    """

    def __init__(self, read: Callable[[], bytes], layout: Layout) -> None:
        self._read, self._unpacker = read, layout.unpacker(*FIELDS)
        self._owners: dict[Key, Owner] = {}
        self._listed = self._saved_at = 0.0
        self._saved = SAVED_MAX

    def sender(self, netns: int, quote: Quote) -> Owner | None:
        """
        Return who sent the packet that an error quotes; None if nobody is known.

        Args:
            netns: Inode of the network namespace that the error came to.
            quote: The packet.
        """
        flows = _flows(netns, quote)
        return self._find(flows, monotonic() - AGE_MAX) if flows else None

    def holder(self, inode: int) -> Owner | None:
        """Return who holds the socket with this inode; None if nobody does any more."""
        return self._find([inode], 0.0)

    def _find(self, keys: Sequence[Key], listed_since: float) -> Owner | None:
        owner = self._known(keys)
        if (owner is None or self._listed < listed_since) and self._may_list():
            self._list()
            owner = self._known(keys)
        return owner

    def _known(self, keys: Sequence[Key]) -> Owner | None:
        return next((self._owners[key] for key in keys if key in self._owners), None)

    def _may_list(self) -> bool:
        now = monotonic()
        self._saved = min(self._saved + (now - self._saved_at) * SHARE, SAVED_MAX)
        self._saved_at = now
        return self._saved > 0

    def _list(self) -> None:
        if len(self._owners) > SOCKETS_MAX:
            self._owners.clear()
        for inode, *row in self._unpacker.iter(self._read()):
            owner = tuple(row[FLOW_LEN:])
            self._owners[inode] = owner
            if row[PROTOCOL] in PORTED:
                self._owners[tuple(row[:FLOW_LEN])] = owner
        self._listed = monotonic()
        self._saved -= self._listed - self._saved_at


def _flows(netns: int, quote: Quote) -> list[Flow]:
    """Return the sockets that may have sent a packet, the most special first."""
    if quote.proto is None or quote.sport is None or quote.dport is None:
        return []
    if quote.src_bytes is None or quote.dst_bytes is None:
        return []
    forms = [(AF[quote.family], quote.src_bytes.ljust(16, b"\0"), quote.dst_bytes.ljust(16, b"\0"))]
    if quote.family == 4:  # an IPv6 socket that speaks IPv4
        forms.append((AF[6], MAPPED + quote.src_bytes, MAPPED + quote.dst_bytes))
    return [
        (netns, family, quote.proto, local, quote.sport, remote, port)
        for family, source, destination in forms
        for remote, port in ((destination, quote.dport), (ANY, 0))
        for local in (source, ANY)
    ]
