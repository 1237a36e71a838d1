"""The flags that say which messages are meant: shared by the live views."""

from __future__ import annotations

import argparse
from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.icmp.request import RequestArguments
    from pyicmp.icmp.spans import Span

    Group = argparse._ArgumentGroup

__all__ = [
    "FilterOptions",
    "PacketOptions",
    "add_filters",
    "add_packet_filters",
    "packet_arguments",
    "request_arguments",
]

NUMBER_MAX = 0xFFFF
PID_MAX = 1 << 22  # PID_MAX_LIMIT, include/linux/threads.h


class PacketOptions(argparse.Namespace):
    """What the flags of ``add_packet_filters`` set."""

    interface: list[str]
    netns: list[str]
    ipv4: bool
    ipv6: bool
    host: list[str]
    src: list[str]
    dst: list[str]
    id: list[Span]
    seq: list[Span]


class FilterOptions(PacketOptions):
    """What the flags of ``add_filters`` set."""

    direction: str
    type: list[str]
    pid: list[int]
    comm: list[str]
    cgroup: list[str]
    inner: str | None
    light: bool
    snaplen: int | None


def add_packet_filters(parser: argparse.ArgumentParser) -> Group:
    """Add the flags that ask for addresses, places and numbers, and return their group."""
    which = parser.add_argument_group(
        "which messages (the same flag again is OR, different flags are AND)"
    )
    many = partial(_many, which)
    many("--host", metavar="ADDR", help="source or destination, as 10.0.0.1, 10.0.0.0/8")
    many("--src", metavar="ADDR", help="source")
    many("--dst", metavar="ADDR", help="destination")
    which.add_argument("-4", dest="ipv4", action="store_true", help="IPv4 only")
    which.add_argument("-6", dest="ipv6", action="store_true", help="IPv6 only")
    many("-i", "--interface", metavar="IF", help="interface, by name")
    many("--netns", metavar="NS", help="self, all (all), a name, a PID, inode:N")
    many("--id", metavar="N", help="identifier of an echo or another query", type=_span)
    many("--seq", metavar="N[-M]", help="its sequence number, or a range", type=_span)
    return which


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Add all flags that say which messages."""
    which = add_packet_filters(parser)
    many = partial(_many, which)
    which.add_argument(
        "-Q",
        "--direction",
        choices=("in", "out", "inout"),
        default="inout",
        metavar="DIR",
        help="in, out or inout (inout)",
    )
    many("-t", "--type", metavar="TYPE", help="echo-request, errors, ndp, 3/4 …; !x: all but x")
    many("-p", "--pid", metavar="PID", help="process that sent it, or is answered", type=_pid)
    many("--comm", metavar="NAME", help="likewise by its name, as in /proc/PID/comm")
    many("--cgroup", metavar="PATH", help="likewise by a cgroup that it is in")
    which.add_argument(
        "--inner",
        metavar="EXPR",
        help="the packet in an error: 'tcp dst port 443 host 10.0.0.5'",
    )
    which.add_argument(
        "--light",
        action="store_true",
        help="only hooks that nothing but ICMP passes",
    )
    which.add_argument(
        "-s",
        "--snaplen",
        type=_snaplen,
        default=None,
        metavar="LEN",
        help="bytes of each message to keep (256; 1500 with -x)",
    )


def _many(group: Group, *flags: str, metavar: str, help: str, **more: object) -> None:  # noqa: A002
    group.add_argument(*flags, action="append", default=[], metavar=metavar, help=help, **more)  # type: ignore[arg-type]


def packet_arguments(options: PacketOptions) -> RequestArguments:
    """
    Return what the flags of ``add_packet_filters`` ask for.

    Raises:
        UsageError: There is no such network namespace.
    """
    arguments: RequestArguments = {
        "host": options.host,
        "src": options.src,
        "dst": options.dst,
        "interfaces": options.interface,
        "ids": options.id,
        "seqs": options.seq,
    }
    if options.ipv4 != options.ipv6:
        arguments["families"] = [4 if options.ipv4 else 6]
    if options.netns:
        from pyicmp.icmp.netns import netns_inode

        inodes = [netns_inode(name) for name in options.netns]
        if None not in inodes:
            arguments["netns"] = [inode for inode in inodes if inode is not None]
    return arguments


def request_arguments(options: FilterOptions) -> RequestArguments:
    """
    Return what the flags of ``add_filters`` ask for.

    Raises:
        UsageError: A name means nothing here: of a cgroup, of a network namespace.
    """
    arguments = packet_arguments(options)
    arguments["types"], arguments["direction"] = options.type, options.direction
    arguments["pids"], arguments["comms"] = options.pid, options.comm
    arguments["inner"], arguments["light"] = options.inner, options.light
    if options.cgroup:
        from pyicmp.icmp.cgroup import cgroup_id

        arguments["cgroups"] = [cgroup_id(path) for path in options.cgroup]
    if options.snaplen is not None:
        arguments["data_len"] = options.snaplen
    return arguments


def _number(text: str, most: int, what: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}: give 0 to {most}")
    return int(text)


def _span(text: str) -> Span:
    first, dash, last = text.partition("-")
    low = _number(first, NUMBER_MAX, "a number")
    if not dash:
        return low
    high = _number(last, NUMBER_MAX, "a number")
    if high < low:
        raise argparse.ArgumentTypeError(f"{text!r} is no range: give the smaller first")
    return low, high


def _pid(text: str) -> int:
    return _number(text, PID_MAX, "a process")


def _snaplen(text: str) -> int:
    return _number(text, 8192, "a length")
