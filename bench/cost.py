"""
What a packet costs while ICMP is traced, in instructions: ``make bench-cost``.

Runs in a guest whose clocks count instructions (tests/kernels/harness, ``--counting``). All figures
are what is added to a sendto() on loopback, receiving and answer included, by the tracer.
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import compare_programs
from pyicmp import Tracer
from tests.counting import COUNT, ID, cost, prefixes

KINDS = ("udp", "echo", "error")  # of bench/cost.c
PYICMP = ("python3", "-m", "pyicmp")
# What is said of each once it is attached, on stdout or stderr.
READY = (
    *("ready\n", "listening on "),
    *("# tracing ", "# judging ", "# looking for ", "# watching ", "# measuring "),
)
TOOLS = {
    "tcpdump icmp": ("tcpdump", "-Z", "root", "-l", "-n", "-i", "lo", "icmp"),
    "C loader, one kretprobe": ("build/bench/loader", "build/icmp.bpf.o", "ip_rcv_core_kretprobe"),
    "pyicmp": PYICMP,
    "pyicmp --attach fexit": (*PYICMP, "--attach", "fexit"),
    "pyicmp --attach tracepoint": (*PYICMP, "--attach", "tracepoint"),
    "pyicmp -4 -Q in": (*PYICMP, "-4", "-Q", "in"),
    "pyicmp --light": (*PYICMP, "--light"),
    "pyicmp --light --attach kretprobe": (*PYICMP, "--light", "--attach", "kretprobe"),
    "pyicmp why": (*PYICMP, "why"),
    "pyicmp drops": (*PYICMP, "drops"),
    "pyicmp drops --attach tracepoint": (*PYICMP, "drops", "--attach", "tracepoint"),
    "pyicmp errors": (*PYICMP, "errors"),
    "pyicmp rtt --attach fexit": (*PYICMP, "rtt", "--attach", "fexit"),
    "pyicmp rtt --split": (*PYICMP, "rtt", "--split"),
    "bpftrace": ("bpftrace", "-B", "line", "bench/cost.bt"),
    "bcc, the script of 2021": ("python3", "-u", "bench/cost_bcc.py"),
}
HERE, ELSEWHERE = "127.0.0.0/8", "10.0.0.0/8"
# Arguments of Tracer by which the message passes, and by which it is filtered out.
FILTERS: dict[str, tuple[str, dict[str, object], dict[str, object]]] = {
    "none": ("echo", {}, {}),
    "none, with verdicts": ("echo", {"verdicts": True}, {}),
    "no owners": ("echo", {"owners": False}, {}),
    "-4": ("echo", {"families": [4]}, {}),
    "-Q in, no owners": ("echo", {"direction": "in", "owners": False}, {}),
    "-Q in": ("echo", {"direction": "in"}, {}),
    "-Q out": ("echo", {"direction": "out"}, {}),
    "--src, 1 prefix": ("echo", {"src": [HERE]}, {"src": [ELSEWHERE]}),
    "--src, 1000 prefixes": (
        "echo",
        {"src": prefixes(1000, HERE)},
        {"src": prefixes(1000, ELSEWHERE)},
    ),
    "--host, 1 prefix": ("echo", {"host": [HERE]}, {"host": [ELSEWHERE]}),
    "--host, 1000 prefixes": (
        "echo",
        {"host": prefixes(1000, HERE)},
        {"host": prefixes(1000, ELSEWHERE)},
    ),
    "-t": ("echo", {"types": ["echo-request", "echo-reply"]}, {"types": ["errors"]}),
    "--id": ("echo", {"ids": [ID]}, {"ids": [1]}),
    "--seq": ("echo", {"seqs": [(0, 999)]}, {"seqs": [60000]}),
    "-i": ("echo", {"interfaces": ["lo"]}, {"interfaces": ["eth9"]}),
    "--netns": ("echo", {"netns": [os.stat("/proc/self/ns/net").st_ino]}, {"netns": [1]}),
    "-p": ("echo", {}, {"pids": [1]}),
    "--comm": ("echo", {"comms": ["cost"]}, {"comms": ["other"]}),
    "--cgroup": ("echo", {"cgroups": [os.stat("/sys/fs/cgroup").st_ino]}, {"cgroups": [1 << 40]}),
    "none, an error": ("error", {}, {}),
    "--inner": ("error", {"inner": "udp dst port 40001"}, {"inner": "tcp dst port 40001"}),
}


@contextmanager
def running(argv: tuple[str, ...], output: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a tool and wait until it is attached; let it end itself."""
    with output.open("wb") as out:
        tool = subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT)
    try:
        while not any(word in output.read_text() for word in READY):
            if tool.poll() is not None:
                sys.exit(f"{argv}: {output.read_text()}")
            time.sleep(0.2)
        time.sleep(1)
        yield tool
    finally:
        tool.send_signal(signal.SIGINT)
        tool.wait()


def spent(tool: subprocess.Popen[bytes]) -> float:
    """Return how many millions of instructions all threads of a tool have run."""
    threads = Path(f"/proc/{tool.pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6


def lines(output: Path) -> int:
    """Return how many messages of ICMP were printed."""
    printed = output.read_text().splitlines()
    return sum(any(word in line for word in ("ICMP ", "Source: ", " IP ")) for line in printed)


def compare_tools(folder: Path) -> None:
    """Print what each tool adds to a packet's cost."""
    udp, echo, error = map(cost, KINDS)
    print(f"\nNo tracer: {udp} a UDP packet, {echo} an echo and its reply, {error} an error.")
    print("Added by a tracer:\n")
    print("| tracer | UDP | echo | its reader waiting | lines | a line | error | start, million |")
    print("|---|---|---|---|---|---|---|---|")
    for number, (name, argv) in enumerate(TOOLS.items()):
        output = folder / str(number)
        with running(argv, output) as tool:
            start = round(spent(tool))
            waiting = cost("echo") - echo
            time.sleep(2)
            before = lines(output)
            tool.send_signal(signal.SIGSTOP)
            added = (cost("udp") - udp, cost("echo") - echo)
            tool.send_signal(signal.SIGCONT)
            time.sleep(2)
            printed = (lines(output) - before) / COUNT
            tool.send_signal(signal.SIGSTOP)
            of_error = cost("error") - error
            tool.send_signal(signal.SIGCONT)
            time.sleep(2)  # else bcc's callback gets what SIGINT raises, and ignores it
        each = round(added[1] / printed) if printed else "-"
        row = (name, *added, waiting, f"{printed:g}", each, of_error, start)
        print(f"| {' | '.join(map(str, row))} |", flush=True)
    print(f"\nNo tracer, again: {', '.join(str(cost(kind)) for kind in KINDS)}.")


def filtered_cost(kind: str, request: dict[str, object]) -> tuple[int, int, float, float]:
    """Return what UDP and *kind* cost, and how much is seen and recorded of each of the latter."""
    with Tracer(**{"verdicts": False, **request}) as tracer:  # type: ignore[arg-type]
        costs = cost("udp"), cost(kind)
        stats = tracer.stats
        return *costs, stats.seen / COUNT, stats.unread / COUNT


def compare_filters() -> None:
    """Print what each filter costs: a packet that passes, and one that does not."""
    bases = {kind: cost(kind) for kind in KINDS}
    print("\n| filter | UDP | seen | recorded | added, passing | recorded | added, filtered out |")
    print("|---|---|---|---|---|---|---|")
    for name, (kind, passing, refusing) in FILTERS.items():
        udp, echo, seen, recorded = filtered_cost(kind, passing)
        row = [name, str(udp - bases["udp"]), f"{seen:g}", f"{recorded:g}", str(echo - bases[kind])]
        if refusing:
            _, echo, _, recorded = filtered_cost(kind, refusing)
            row += [f"{recorded:g}", str(echo - bases[kind])]
        print(f"| {' | '.join(row)} |", flush=True)


def main() -> None:
    """Print all tables."""
    print(f"Instructions, Linux {platform.release()}, medians of {COUNT}.")
    # Writes Python's bytecode, as a first start does for a user.
    subprocess.run([*PYICMP, "-d", "0.1", "-q"], check=True, stderr=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as folder:
        compare_tools(Path(folder))
    compare_filters()
    compare_programs()


if __name__ == "__main__":
    main()
