"""What is asked for: which messages, and how much of them; as the kernel side wants to know it."""

from __future__ import annotations

import os

from pyicmp.errors import UsageError
from pyicmp.icmp.clock import suspended_ns
from pyicmp.icmp.hooks import DIFFERS, WAYS, hooks
from pyicmp.icmp.spans import bitmap_of, spans_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Mapping
    from typing import TypedDict

    from pyicmp import bpf
    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.icmp.event import IcmpEvent
    from pyicmp.icmp.hooks import Hook
    from pyicmp.icmp.inner import Inner
    from pyicmp.icmp.prefixes import Span as AddressSpan
    from pyicmp.icmp.spans import Span
    from pyicmp.icmp.typeset import TypeSet
    from pyicmp.icmp.verdicts.judging import Judging

    class RequestArguments(TypedDict, total=False):
        """The arguments of ``Request``, for those who hand them on."""

        types: Iterable[str]
        host: Iterable[str]
        src: Iterable[str]
        dst: Iterable[str]
        interfaces: Iterable[str]
        netns: Iterable[int]
        direction: str
        families: Iterable[int]
        ids: Iterable[Span]
        seqs: Iterable[Span]
        pids: Iterable[int]
        comms: Iterable[str]
        cgroups: Iterable[int]
        inner: str | None
        root_pid: int | None
        owners: bool
        light: bool
        data_len: int


__all__ = ["DATA_LEN", "DIRECTIONS", "Request", "require_known"]

DIRECTIONS = {"in": 1, "out": 2, "inout": 3}
FAMILIES = {4: 1, 6: 2}
ROLES = {"host": 1, "src": 2, "dst": 4}
DATA_LEN = 256
DATA_LEN_MAX = 8192
COMM_LEN = 15
IFNAME_LEN = 15


class Request:
    """
    Which ICMP messages are wanted. A list's members are alternatives; all arguments must hold.

    Args:
        types: Types by name or number, ``!`` negates: ``["echo-request", "unreachable/port"]``.
        host, src, dst: Addresses or prefixes.
        interfaces: Interface names.
        netns: Inodes of network namespaces.
        direction: ``in``, ``out`` or ``inout``.
        families: 4, 6 or both.
        ids, seqs: Identifiers and sequence numbers, or pairs of a first and a last one.
        pids, comms, cgroups: Processes by their number, by their name (as in
            ``/proc/PID/comm``), or by the id of a cgroup that they are in.
        inner: What the packet quoted in an error must be: see ``Inner``.
        root_pid: A process: only its messages, and its descendants', are wanted.
        owners: Whether to find out whose messages they are, and round-trip times.
        light: Only hooks that nothing but ICMP passes.
        data_len: Bytes of each message to keep, from its ICMP header on.

    Attributes:
        purpose: What it is for, as the object of "cannot".
        differs: What one sees differently by a way to attach than by those before it.
        otherwise: What to do where fentry and fexit cannot be had; empty if it can do without.

    Raises:
        UsageError: An argument cannot be meant.
    """

    purpose = "trace ICMP"
    differs: Mapping[str, str] = DIFFERS
    otherwise = ""

    def __init__(
        self,
        *,
        types: Iterable[str] = (),
        host: Iterable[str] = (),
        src: Iterable[str] = (),
        dst: Iterable[str] = (),
        interfaces: Iterable[str] = (),
        netns: Iterable[int] = (),
        direction: str = "inout",
        families: Iterable[int] = (4, 6),
        ids: Iterable[Span] = (),
        seqs: Iterable[Span] = (),
        pids: Iterable[int] = (),
        comms: Iterable[str] = (),
        cgroups: Iterable[int] = (),
        inner: str | None = None,
        root_pid: int | None = None,
        owners: bool = True,
        light: bool = False,
        data_len: int = DATA_LEN,
    ) -> None:
        if direction not in DIRECTIONS:
            raise UsageError(f"{direction!r} is no direction", "", f"give {', '.join(DIRECTIONS)}")
        if not 0 <= data_len <= DATA_LEN_MAX:
            raise UsageError(
                f"cannot keep {data_len} bytes of each message", "", f"give 0 to {DATA_LEN_MAX}"
            )
        self.families = frozenset(families)
        if not self.families or not self.families <= FAMILIES.keys():
            raise UsageError("no such IP version", "", "there are 4 and 6")
        self.direction, self.light, self.root_pid = direction, light, root_pid
        if light:
            self.purpose = "trace with --light"
        self.data_len = (data_len + 7) // 8 * 8
        self.types = _types(list(types))
        given = {"host": host, "src": src, "dst": dst}
        self.address_roles, self.addresses = _addresses(given)
        self.interfaces = [_name(one, IFNAME_LEN, "interface name") for one in interfaces]
        self.netns = list(netns)
        self.ids, self.seqs = spans_of(ids, "an ICMP id"), spans_of(seqs, "an ICMP sequence number")
        self.pids, self.cgroups = list(pids), list(cgroups)
        self.comms = [_name(one, COMM_LEN, "process name") for one in comms]
        self.inner = _inner(inner)
        self.by_owner = bool(self.pids or self.comms or self.cgroups or root_pid is not None)
        self.owners = owners or self.by_owner

    def hooks(self) -> list[Hook]:
        """Return the hooks that it takes, the one that it cannot do without first."""
        return hooks(
            self.families, self.direction, self.owners, self.light, self.root_pid is not None
        )

    def ways(self) -> list[str]:
        """
        Return the ways to attach, the best first.

        By a kretprobe a light run would miss what comes while another probe runs on that CPU: of
        these, some run where processes send (kernel/trace/bpf_trace.c, ``trace_call_bpf``).
        """
        ways = ["fexit", "kretprobe"] if self.light else list(WAYS)
        return [way for way in ways if way in self.hooks()[0].programs]

    def beside(self, way: str) -> Judging | None:
        """Return what is to tell beside, by this way to attach, what becomes of echo requests."""
        return None

    def event_size(self, obj: bpf.Object | bpf.OpenObject) -> int:
        """Return how long each record is, bytes."""
        return obj.layout("icmp_event").size + self.data_len

    def rings(self, obj: bpf.Object | bpf.OpenObject) -> dict[str, Layout]:
        """Return the rings that the records come through, each with their type; the main first."""
        return {"events": obj.layout("icmp_event").sized(self.event_size(obj))}

    def configure(self, opened: bpf.OpenObject) -> None:
        """Say it to an object that is not loaded yet."""
        opened.globals["config"] = self.config(opened)
        if self.inner is not None:
            opened.globals["inner_config"] = self.inner.config()
        opened.maps["addresses"].max_entries = max(1, len(self.addresses))

    def config(self, opened: bpf.OpenObject) -> dict[str, object]:
        """Return what the kernel side calls ``struct icmp_config``."""
        return {
            "suspended_ns": suspended_ns(),
            "to_perf": opened.maps["events"].type == "perf_event_array",
            "event_size": self.event_size(opened),
            "data_max": self.data_len,
            "families": sum(FAMILIES[family] for family in self.families),
            "directions": DIRECTIONS[self.direction],
            "address_spans": len(self.addresses),
            "address_roles": self.address_roles,
            "remember": self.owners,
            "by_type": self.types is not None,
            "by_address": bool(self.addresses),
            "by_id": bool(self.ids),
            "by_seq": bool(self.seqs),
            "by_ifname": bool(self.interfaces),
            "by_netns": bool(self.netns),
            "by_pid": bool(self.pids),
            "by_comm": bool(self.comms),
            "by_cgroup": bool(self.cgroups),
            "by_inner": self.inner is not None,
            "by_tree": self.root_pid is not None,
        }

    def wants(self, event: IcmpEvent, tree: Container[int]) -> bool:
        """
        Tell whether an event's owner is wanted: of errors, the kernel side may not know it.

        Args:
            event: What the kernel side has let through.
            tree: The processes of the tree that begins with ``root_pid``.
        """
        if event.owner_kind != "task":
            return not self.by_owner
        return (
            (not self.pids or event.pid in self.pids)
            and (not self.comms or os.fsdecode(event.comm or b"") in self.comms)
            and (not self.cgroups or self._is_in_cgroup(event))
            and (self.root_pid is None or event.pid in tree)
        )

    def _is_in_cgroup(self, event: IcmpEvent) -> bool:
        from pyicmp.icmp.cgroup import cgroup_path

        path = f"{event.cgroup or ''}/"
        wanted = [cgroup_path(number) or "?" for number in self.cgroups]
        return any(path.startswith(f"{one.rstrip('/')}/") for one in wanted)

    def fill(self, obj: bpf.Object) -> None:
        """Give a loaded object what its maps are to hold."""
        for name, members in self._members():
            found = obj.maps[name]
            for member in members:
                found[member] = 1
        for name, spans in (("ids", self.ids), ("seqs", self.seqs)):
            for word, bits in bitmap_of(spans).items():
                obj.maps[name][word] = bits
        if self.types is not None:
            for index, codes in _codes(self.types.bitmap(4) + self.types.bitmap(6)):
                obj.maps["types"][index] = codes
        if self.addresses:
            obj.maps["addresses"].update(enumerate(map(_span, self.addresses)))

    def _members(self) -> Iterator[tuple[str, list[object]]]:
        yield "ifnames", [{"name": one} for one in self.interfaces]
        yield "netnses", list(self.netns)
        yield "pids", list(self.pids)
        yield "comms", [{"name": one} for one in self.comms]
        yield "cgroups", list(self.cgroups)
        yield "tree", [] if self.root_pid is None else [self.root_pid]


def require_known(arguments: RequestArguments, known: Collection[str], what: str) -> None:
    """Refuse arguments that mean nothing of *what*, as a UsageError."""
    for name in arguments.keys() - set(known):
        raise UsageError(f"{what} take no {name}", "", f"there are {', '.join(known)}")


def _types(expressions: list[str]) -> TypeSet | None:
    if not expressions:
        return None
    from pyicmp.icmp.typeset import parse

    return parse(expressions)


def _addresses(texts: dict[str, Iterable[str]]) -> tuple[int, list[AddressSpan]]:
    """Return all roles that are given, and where those of addresses change."""
    given = [(text, ROLES[name]) for name in texts for text in texts[name]]
    if not given:
        return 0, []
    from pyicmp.icmp.prefixes import parse_prefix, role_spans  # imports ipaddress

    spans = role_spans((parse_prefix(text), role) for text, role in given)
    return sum({role for _, role in given}), spans


def _span(span: AddressSpan) -> dict[str, object]:
    """Return what the kernel side calls ``struct address_span``."""
    first, roles = span
    return {"first": {"half": divmod(first, 1 << 64)}, "roles": roles}


def _inner(text: str | None) -> Inner | None:
    if text is None:
        return None
    from pyicmp.icmp.inner import Inner

    return Inner(text)


def _name(text: str, longest: int, what: str) -> str:
    if not text or len(os.fsencode(text)) > longest or "\0" in text:
        raise UsageError(f"{text!r} is no {what}", f"it has 1 to {longest} bytes")
    return text


def _codes(bitmaps: bytes) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield each type that has codes in it, with its 256 bits as four words."""
    for index in range(len(bitmaps) // 32):
        codes = bitmaps[32 * index : 32 * index + 32]
        if any(codes):
            yield (
                index,
                tuple(int.from_bytes(codes[at : at + 8], "little") for at in (0, 8, 16, 24)),
            )
