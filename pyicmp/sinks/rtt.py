"""Round trips as a page for people, and as JSON for programs."""

from __future__ import annotations

from pyicmp.errors import printable
from pyicmp.icmp.netns import netns_container, netns_inode, netns_name
from pyicmp.icmp.rtt.row import COUNTS
from pyicmp.sinks.clock import clock, rfc3339
from pyicmp.sinks.histogram import histogram_lines, ms_text
from pyicmp.sinks.jsonl import VERSION, as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pyicmp.icmp.rtt.distribution import Distribution
    from pyicmp.icmp.rtt.report import Report
    from pyicmp.icmp.rtt.row import Row
    from pyicmp.sinks import Style

__all__ = ["RTT_FORMATS", "RttText", "render_json", "row_dict", "rtt_renderer"]

RTT_FORMATS = ("text", "json")
QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
SPLIT_NAMES = {
    "host_tx": "host-tx",
    "wire": "wire",
    "host_rx": "host-rx",
    "wakeup": "wakeup+app",  # the program may be late by itself
    "total": "total",
}
SPLIT_COLUMNS = ("min", "avg", "p50", "p99", "max")
WORDS = {"late": "late", "duplicate": "duplicate", "in_doubt": "in doubt", "waiting": "waiting"}


def rtt_renderer(name: str, style: Style) -> Callable[[Iterable[Report]], bytes]:
    """Return the function that renders reports in the format *name*, one of ``RTT_FORMATS``."""
    return render_json if name == "json" else RttText(style)


class RttText:
    """
    Renders each report as a paragraph for each row, of printable ASCII.

    Args:
        style: How the lines look.
    """

    def __init__(self, style: Style) -> None:
        self._style, self._clock = style, clock(style.time)

    def __call__(self, reports: Iterable[Report]) -> bytes:
        """Return the lines."""
        lines = (f"{line}\n" for report in reports for line in self._lines(report))
        return "".join(lines).encode("ascii")

    def _lines(self, report: Report) -> Iterator[str]:
        what = "the whole run" if report.whole else "the last"
        yield f"{self._clock(report)} {what}, {report.seconds:.1f} s"
        for row in report:
            yield ""
            yield from _row_lines(row, self._style.numeric)
        yield "" if report.rows else "no echo has passed"


def render_json(reports: Iterable[Report]) -> bytes:
    """Render each row as one line of ASCII (docs/rtt.md has the keys)."""
    lines = (f"{as_json(line)}\n" for report in reports for line in _dicts(report))
    return "".join(lines).encode("ascii")


def _dicts(report: Report) -> Iterator[dict[str, object]]:
    lost = report.lost
    for row in report:
        yield row_dict(row, report) | {"lost_before": lost}
        lost = 0


def row_dict(row: Row, report: Report) -> dict[str, object]:
    """Return a row as JSON has it, but ``lost_before``: what is not known has no key."""
    line: dict[str, object] = {
        "v": VERSION,
        "ts": rfc3339(report.ts_ns),
        "ts_ns": report.ts_ns,
        "seconds": round(report.seconds, 3),
        "whole": report.whole,
        "role": row.role,
    }
    if row.family:
        line |= {"netns": row.netns, "family": row.family, "peer": row.peer}
        if name := _netns(row.netns):
            line["netns_name"] = printable(name)
    if row.pid is not None:
        line |= {"pid": row.pid, "comm": printable(row.comm or b"")}
    line |= {name: getattr(row, name) for name in (*COUNTS, "waiting")}
    if row.rtt.count:
        line["rtt"] = _times_dict(row.rtt)
        line["histogram"] = list(row.rtt.histogram())
    if row.parts:
        line["split"] = {name: _times_dict(times) for name, times in row.parts.items()}
    return line


def _times_dict(times: Distribution) -> dict[str, object]:
    return {
        "count": times.count,
        "min_ns": times.min_ns,
        "avg_ns": round(times.mean_ns),
        "max_ns": times.max_ns,
        "stddev_ns": round(times.stddev_ns),
        **{f"{name}_ns": times.quantile(part) for name, part in QUANTILES.items()},
    }


def _row_lines(row: Row, numeric: bool) -> Iterator[str]:
    yield f"{_who(row, numeric)}: {_counts(row)}"
    if not row.rtt.count:
        return
    what = "rtt" if row.role == "sent" else "time to reply"
    times = row.rtt
    four = (times.min_ns, times.mean_ns, times.max_ns, times.stddev_ns)
    quantiles = (f"{name} {ms_text(times.quantile(part))}" for name, part in QUANTILES.items())
    yield f"  {what} min/avg/max/stddev {'/'.join(map(ms_text, four))} ms, {', '.join(quantiles)}"
    yield from (f"    {line}" for line in histogram_lines(times))
    if row.parts:
        yield from _split_lines(row.parts, row.rtt.count)


def _who(row: Row, numeric: bool) -> str:
    if not row.family:
        return f"all other peers ({row.role})"
    place = ""
    if row.netns != netns_inode("self"):
        name = None if numeric else _netns(row.netns)
        place = f" in netns {name or row.netns}"
    if row.role == "answering":
        return f"answering {row.peer}{printable(place)}"
    owner = "" if row.pid is None else f" by {printable(row.comm or b'')}.{row.pid}"
    return f"{row.peer}{owner}{printable(place)}"


def _netns(inode: int) -> str | None:
    return netns_name(inode) or netns_container(inode)


def _counts(row: Row) -> str:
    came = "sent" if row.role == "sent" else "came"
    text = f"{row.sent} {came}, {row.answered} answered, {row.lost} lost"
    if row.lost:
        text += f" ({row.loss:.1%})"
    others = ((getattr(row, name), word) for name, word in WORDS.items())
    return ", ".join((text, *(f"{count} {word}" for count, word in others if count)))


def _split_lines(parts: dict[str, Distribution], replies: int) -> Iterator[str]:
    total = parts["total"]
    title = f"  split of {total.count} of {replies}, ms"
    yield f"{title:<22}" + "".join(f" {name:>8}" for name in (*SPLIT_COLUMNS, "share"))
    for name in SPLIT_NAMES:
        times = parts[name]
        five = (
            *(times.min_ns, times.mean_ns),
            *(times.quantile(part) for part in (0.5, 0.99)),
            times.max_ns,
        )
        share = times.total_ns / total.total_ns if total.total_ns else 0.0
        columns = "".join(f" {ms_text(ns):>8}" for ns in five)
        yield f"    {SPLIT_NAMES[name]:<18}{columns} {share:>8.1%}"
