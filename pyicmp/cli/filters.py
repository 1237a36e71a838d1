"""The flags that say which messages are meant: a view has those of them that make sense there."""

from __future__ import annotations

import argparse
from functools import partial

from pyicmp.cli.parser import one_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyicmp.icmp.request import RequestArguments
    from pyicmp.icmp.spans import Span

    Group = argparse._ArgumentGroup

__all__ = [
    "FilterOptions",
    "add_filters",
    "ends",
    "kinds",
    "light",
    "numbers",
    "owners",
    "request_arguments",
    "snaplen",
]

NUMBER_MAX = 0xFFFF
PID_MAX = 1 << 22  # PID_MAX_LIMIT, include/linux/threads.h
# Flags that ask for just what an argument of Request does.
ARGUMENTS = {
    "host": "host",
    "src": "src",
    "dst": "dst",
    "interface": "interfaces",
    "id": "ids",
    "seq": "seqs",
    "type": "types",
    "direction": "direction",
    "inner": "inner",
    "pid": "pids",
    "comm": "comms",
    "light": "light",
}


class FilterOptions(argparse.Namespace):
    """What these flags set: those of them that a view has."""

    host: list[str]
    ipv4: bool
    ipv6: bool
    netns: list[str]
    snaplen: int | None


def add_filters(
    parser: argparse.ArgumentParser, *more: Callable[[Group], None], what: str = "messages"
) -> None:
    """
    Add the flags that every view has, and *more*.

    Args:
        parser: What they are added to.
        more: Functions of this module: ``ends``, ``numbers`` and the like.
        what: What is chosen by them.
    """
    which = parser.add_argument_group(
        f"which {what} (the same flag again is OR, different flags are AND)"
    )
    many = partial(_many, which)
    many("--host", metavar="ADDR", help="source or destination, as 10.0.0.1, 10.0.0.0/8")
    which.add_argument("-4", dest="ipv4", action="store_true", help="IPv4 only")
    which.add_argument("-6", dest="ipv6", action="store_true", help="IPv6 only")
    many("--netns", metavar="NS", help="self, all (all), a name, a PID, inode:N")
    for add in more:
        add(which)


def ends(which: Group) -> None:
    """Add the flags that ask for one end of a message's way."""
    many = partial(_many, which)
    many("--src", metavar="ADDR", help="source")
    many("--dst", metavar="ADDR", help="destination")
    many("-i", "--interface", metavar="IF", help="interface, by name")


def numbers(which: Group) -> None:
    """Add the flags that ask for what a query and its reply have in common."""
    many = partial(_many, which)
    many("--id", metavar="N", help="identifier of an echo or another query", type=_span)
    many("--seq", metavar="N[-M]", help="its sequence number, or a range", type=_span)


def kinds(which: Group) -> None:
    """Add the flags that ask for a direction, for types, and for what an error quotes."""
    which.add_argument(
        "-Q",
        "--direction",
        type=one_of(("in", "out", "inout")),
        default="inout",
        metavar="DIR",
        help="in, out or inout (inout)",
    )
    text = "echo-request, errors, ndp, 3/4 …; !x: all but x"
    _many(which, "-t", "--type", metavar="TYPE", help=text)
    text = "the packet in an error: 'tcp dst port 443 host 10.0.0.5'"
    which.add_argument("--inner", metavar="EXPR", help=text)


def owners(which: Group) -> None:
    """Add the flags that ask for processes."""
    many = partial(_many, which)
    many("-p", "--pid", metavar="PID", help="process that sent it, or is answered", type=_pid)
    many("--comm", metavar="NAME", help="likewise by its name, as in /proc/PID/comm")
    many("--cgroup", metavar="PATH", help="likewise by a cgroup that it is in")


def light(which: Group) -> None:
    """Add the flag that asks for hooks that are cheap."""
    text = "only hooks that nothing but ICMP passes"
    which.add_argument("--light", action="store_true", help=text)


def snaplen(which: Group) -> None:
    """Add the flag that says how much of each message is kept."""
    text = "bytes of each message to keep (256; 1500 with -x)"
    which.add_argument("-s", "--snaplen", type=_snaplen, default=None, metavar="LEN", help=text)


def _many(group: Group, *flags: str, metavar: str, help: str, **more: object) -> None:  # noqa: A002
    group.add_argument(*flags, action="append", default=[], metavar=metavar, help=help, **more)  # type: ignore[arg-type]


def request_arguments(options: FilterOptions) -> RequestArguments:
    """
    Return what the flags ask for.

    Raises:
        UsageError: A name means nothing here: of a cgroup, of a network namespace.
    """
    given = vars(options)
    arguments: RequestArguments = {}
    for flag in ARGUMENTS.keys() & given.keys():
        arguments[ARGUMENTS[flag]] = given[flag]  # type: ignore[literal-required]
    if options.ipv4 != options.ipv6:
        arguments["families"] = [4 if options.ipv4 else 6]
    if options.netns:
        from pyicmp.icmp.netns import netns_inode

        inodes = [netns_inode(name) for name in options.netns]
        if None not in inodes:
            arguments["netns"] = [inode for inode in inodes if inode is not None]
    if given.get("cgroup"):
        from pyicmp.icmp.cgroup import cgroup_id

        arguments["cgroups"] = [cgroup_id(path) for path in given["cgroup"]]
    if given.get("snaplen") is not None:
        arguments["data_len"] = given["snaplen"]
    return arguments


def _number(text: str, most: int, what: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}; give 0 to {most}")
    return int(text)


def _span(text: str) -> Span:
    first, dash, last = text.partition("-")
    low = _number(first, NUMBER_MAX, "a number")
    if not dash:
        return low
    high = _number(last, NUMBER_MAX, "a number")
    if high < low:
        raise argparse.ArgumentTypeError(f"{text!r} is no range; give the smaller first")
    return low, high


def _pid(text: str) -> int:
    return _number(text, PID_MAX, "a process")


def _snaplen(text: str) -> int:
    return _number(text, 8192, "a length")
