"""One ICMP message over loopback: an echo, or, where this process may send none, an error."""

from __future__ import annotations

import errno
import os
import socket
import struct
from time import monotonic

from pyicmp.errors import PyicmpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from pyicmp.icmp.event import IcmpEvent

    class Sent(Protocol):
        """What was sent, and can be told from other people's."""

        def matches(self, event: IcmpEvent) -> bool:
            """Tell whether a message belongs to it."""

        def close(self) -> None:
            """Free the socket: until then it is known whose it is."""


__all__ = ["ADDRESSES", "Datagram", "Echo", "send"]

ADDRESSES = {4: "127.0.0.1", 6: "::1"}
_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
_PROTOCOLS = {4: socket.IPPROTO_ICMP, 6: socket.IPPROTO_ICMPV6}
_REQUEST, _REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
_PAYLOAD = b"pyicmp doctor, 1"  # of even length
_PATIENCE = 0.2  # seconds, for an answer over loopback


class Echo:
    """
    An echo request to this host.

    Args:
        family: 4 or 6.

    Attributes:
        answered: Whether the reply came to its socket.

    Raises:
        PyicmpError: It cannot be sent here: says why.
    """

    def __init__(self, family: int = 4) -> None:
        self._family = family
        self._socket, self._id = _echo_socket(family)
        self.answered = False
        try:
            self._socket.sendto(self._request(), (ADDRESSES[family], 0))
            self.answered = self._has_come(_REPLY[family])
        except OSError as error:
            self._socket.close()
            raise _unsendable(family, error, sending=True) from None

    def _request(self) -> bytes:
        head = struct.pack("!BBHHH", _REQUEST[self._family], 0, 0, self._id, 1)
        checksum = struct.pack("!H", _checksum(head + _PAYLOAD))
        return head[:2] + checksum + head[4:] + _PAYLOAD

    def _has_come(self, kind: int) -> bool:
        wanted = struct.pack("!HH", self._id, 1) + _PAYLOAD
        give_up = monotonic() + _PATIENCE
        while (left := give_up - monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                packet = self._socket.recv(1024)
            except TimeoutError:
                break
            # A raw IPv4 socket gives the IP header too, and everybody's messages.
            if packet.endswith(wanted) and packet[-len(wanted) - 4] == kind:
                return True
        return False

    def matches(self, event: IcmpEvent) -> bool:
        """Tell whether a message is this request or its reply."""
        return event.family == self._family and (event.id, event.seq) == (self._id, 1)

    def close(self) -> None:
        """Free the socket."""
        self._socket.close()


class Datagram:
    """
    A UDP datagram to a port of this host where nobody listens, which an error answers.

    Anyone may send it.

    Raises:
        PyicmpError: It cannot be sent here: says why.
    """

    def __init__(self, family: int = 4) -> None:
        self._socket = socket.socket(_FAMILIES[family], socket.SOCK_DGRAM)
        try:
            with socket.socket(_FAMILIES[family], socket.SOCK_DGRAM) as other:
                other.bind((ADDRESSES[family], 0))
                self._port = other.getsockname()[1]
            self._socket.connect((ADDRESSES[family], self._port))
            self._socket.send(_PAYLOAD)
        except OSError as error:
            self._socket.close()
            raise _unsendable(family, error, sending=True) from None

    def matches(self, event: IcmpEvent) -> bool:
        """Tell whether a message is the error that answers it."""
        inner = event.inner if event.is_error else None
        return inner is not None and inner.dport == self._port

    def close(self) -> None:
        """Free the socket."""
        self._socket.close()


def send(family: int) -> Sent:
    """
    Send an echo request, or else what anyone may send.

    Raises:
        PyicmpError: Nothing can be sent over loopback here.
    """
    try:
        return Echo(family)
    except PyicmpError:
        return Datagram(family)


def _echo_socket(family: int) -> tuple[socket.socket, int]:
    """Return a ping socket, else a raw one, and the identifier that goes with it."""
    try:
        ping = socket.socket(_FAMILIES[family], socket.SOCK_DGRAM, _PROTOCOLS[family])
        ping.bind((ADDRESSES[family], 0))
        return ping, ping.getsockname()[1]
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM):
            raise _unsendable(family, error) from None
    try:
        raw = socket.socket(_FAMILIES[family], socket.SOCK_RAW, _PROTOCOLS[family])
    except OSError as error:
        raise _unsendable(family, error) from None
    return raw, os.getpid() & 0xFFFF


def _unsendable(family: int, error: OSError, *, sending: bool = False) -> PyicmpError:
    number = error.errno or 0
    why, fix = error.strerror or str(error), ""
    if number == errno.ENETUNREACH:
        why, fix = "the loopback interface of this network namespace is down", "ip link set lo up"
    elif number in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        why = f"the loopback interface of this network namespace has no IPv{family} address"
    elif number in (errno.EPERM, errno.EACCES) and sending:
        why, fix = "a packet filter drops what goes out over loopback", "see nft list ruleset"
    elif number in (errno.EPERM, errno.EACCES):
        why = (
            "net.ipv4.ping_group_range leaves this group out, and CAP_NET_RAW is not held over"
            " this network namespace"
        )
        fix = "sysctl net.ipv4.ping_group_range='0 2147483647'"
    name = errno.errorcode.get(number, str(number))
    return PyicmpError("cannot send an echo request", f"{name}: {why}", fix)


def _checksum(data: bytes) -> int:
    """Return the Internet checksum of an even number of bytes (RFC 1071)."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
