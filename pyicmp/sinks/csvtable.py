"""
CSV (RFC 4180) with a header line: the keys of JSON, those of ``inner`` by ``inner_``.

What has values of its own, or many, is JSON in its cell: ``fields``, ``extensions``.
"""

from __future__ import annotations

import csv
import io

from pyicmp.sinks.jsonl import as_dict, as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyicmp.icmp.event import IcmpEvent

__all__ = ["COLUMNS", "CsvTable"]

#: New columns come last: programs may count them.
COLUMNS = (
    *("v", "ts", "ts_ns", "boot_ns", "dir", "if", "ifindex", "netns", "family", "src", "dst"),
    *("proto", "ttl", "len", "ip_len", "type", "type_name", "code", "code_name", "id", "seq"),
    *("mtu", "gateway", "inner_family", "inner_src", "inner_dst", "inner_proto", "inner_sport"),
    *("inner_dport", "inner_len", "pid", "comm", "cgroup", "rtt_ns", "verdict", "reason", "hook"),
    *("lost_before", "vlan", "forwarded", "frag_off", "more_frags", "header_absent"),
    *("netns_name", "container", "pod", "target", "pointer", "inner_ttl", "inner_type"),
    *("inner_code", "inner_id", "inner_seq", "inner_tcp_seq", "inner_frag_off", "fields"),
    "extensions",
)


class CsvTable:
    """Renders events as rows; what is not known is empty."""

    def __init__(self) -> None:
        self._begun = False

    def __call__(self, events: Iterable[IcmpEvent]) -> bytes:
        """Return the rows, the header before the first."""
        text = io.StringIO()
        table = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
        if not self._begun:
            table.writeheader()
            self._begun = True
        for event in events:
            table.writerow(_row(as_dict(event)))
        return text.getvalue().encode("ascii")


def _row(line: dict[str, object]) -> dict[str, object]:
    inner = line.get("inner")
    if isinstance(inner, dict):
        line |= {f"inner_{key}": value for key, value in inner.items()}
    for key in ("forwarded", "more_frags"):
        if key in line:
            line[key] = int(bool(line[key]))
    for key in ("fields", "extensions"):
        if key in line:
            line[key] = as_json(line[key])
    return line
