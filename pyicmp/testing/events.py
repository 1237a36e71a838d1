"""Events made of the fields that matter to a test."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address
from time import time_ns

from pyicmp.bpf.batch import Batch
from pyicmp.bpf.records import RecordTypes
from pyicmp.errors import UsageError
from pyicmp.icmp.decode import Decoder, EventBatch
from pyicmp.icmp.request import DATA_LEN, DIRECTIONS
from pyicmp.icmp.types import QUERIES, code_name, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.icmp.event import IcmpEvent
    from pyicmp.icmp.verdicts.verdict import Verdict

__all__ = ["decoder", "event_layout", "make_event", "packed_event"]

AF_INET, AF_INET6 = 2, 10


def make_event(
    src: str = "192.0.2.1",
    dst: str = "192.0.2.2",
    type: int | str = "echo-request",  # noqa: A002 - the event's own name for it
    code: int | str = 0,
    *,
    id: int = 0,  # noqa: A002 - likewise
    seq: int = 0,
    mtu: int = 0,
    gateway: str = "0.0.0.0",  # noqa: S104 - an ICMP field, nothing is bound to it
    body: bytes = b"",
    ts_ns: int | None = None,
    hook: str = "ip_rcv_core",
    direction: str = "in",
    pid: int | None = None,
    comm: str = "ping",
    lost_before: int = 0,
    fate: Verdict | None = None,
    **fields: object,
) -> IcmpEvent:
    """
    Return an event with these fields; those not given have plausible values.

    Args:
        src: Source address, as text; it tells the family.
        dst: Destination address, as text.
        type: ICMP type, as number or by name.
        code: ICMP code, as number or by name.
        id: Identifier, of a query.
        seq: Sequence number, of a query.
        mtu: Next-hop MTU, bytes, of an unreachable message.
        gateway: Address, of a redirect.
        body: The message behind its first 8 bytes: the quoted packet of an error.
        ts_ns: Wall-clock time, Unix, ns; None takes now.
        hook: Where it was seen: one of ``enum icmp_hook``.
        direction: ``in`` or ``out``.
        pid: Its owner's process; 0 is the kernel, None is not known.
        comm: That process's name.
        lost_before: Records lost before it.
        fate: What became of it, an echo request: ``Verdict.of(outcome="ignored")``.
        **fields: Other members of ``struct icmp_event``, by their names in C: ``ttl``,
            ``ifname``, ``header="ICMP_HEADER_FRAGMENT"`` …

    Raises:
        UsageError: A value that its field cannot hold, or a name that means nothing.
        LayoutError: There is no such field.

    Example:
        >>> event = make_event(type="unreachable", code="port", src="192.0.2.9", ttl=3)
        >>> event.type, event.code_name, event.src, event.ttl
        (3, 'port', '192.0.2.9', 3)
    """
    family = ip_address(src).version
    number = _number(type, lambda one: type_name(family, one), f"type {type}")
    code = _number(
        code, lambda one: code_name(family, number, one), f"code {code} of type {number}"
    )
    rest = mtu or int(ip_address(gateway))
    if number in QUERIES[family]:
        rest = id << 16 | seq
    data = (bytes((number, code, 0, 0)) + rest.to_bytes(4, "big") + body)[:DATA_LEN]
    now = time_ns() if ts_ns is None else ts_ns
    values: dict[str, object] = {
        "boot_ns": 1_000_000_000,
        "ifname": b"eth0",
        "ifindex": 2,
        "ttl": 64,
        "ip_len": 84,
        "icmp_len": max(64, len(data)),
        "family": AF_INET if family == 4 else AF_INET6,
        "protocol": 1 if family == 4 else 58,
        "src": src,
        "dst": dst,
        "type": number,
        "code": code,
        "rest": rest,
        "data": data.ljust(DATA_LEN, b"\0"),
        "data_len": len(data),
        "hook": f"ICMP_HOOK_{hook.upper()}",
        "direction": DIRECTIONS[direction],
        **_owner(pid, comm),
        **fields,
    }
    layout = event_layout()
    record = Batch.of([packed_event(layout, values)], RecordTypes(record=layout))
    offset = now - int(str(values["boot_ns"]))
    return next(iter(EventBatch(decoder(), record, offset, lost_before, {0: fate} if fate else {})))


def _owner(pid: int | None, comm: str) -> dict[str, object]:
    if not pid:
        return {"owner.kind": f"ICMP_OWNER_{'UNKNOWN' if pid is None else 'KERNEL'}"}
    return {"owner.kind": "ICMP_OWNER_TASK", "owner.pid": pid, "owner.comm": comm}


@cache
def event_layout() -> Layout:
    """Return the layout of ``struct icmp_event`` in the object that is shipped, with its data."""
    from pyicmp.bpf.spec.spec import Spec
    from pyicmp.icmp.shipped import object_path

    layout = Spec.from_file(object_path()).layout("icmp_event")
    return layout.sized(layout.size + DATA_LEN)


@cache
def decoder() -> Decoder:
    """Return what makes events of such records."""
    return Decoder(event_layout())


def packed_event(layout: Layout, values: dict[str, object]) -> bytes:
    """Return the bytes of one record; addresses may be text."""
    for name in ("src", "dst"):
        if isinstance(address := values[name], str):
            values[name] = ip_address(address).packed.ljust(16, b"\0")
    return layout.pack(values)


def _number(given: int | str, name_of: Any, what: str) -> int:
    """Return a type's or code's number, given that or its name."""
    if isinstance(given, int):
        return given
    for number in range(256):
        if name_of(number) == given:
            return number
    raise UsageError(f"there is no ICMP {what}")
