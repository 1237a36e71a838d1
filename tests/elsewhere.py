"""What is checked on every other machine: what it has to attach by, and what it lacks."""

from __future__ import annotations

import os
from pathlib import Path

from tests.chain import ROUTER, Chain
from tests.pings import check_46_records
from tests.tracing import ROOT, Run, error_line, ping, run, settle

# By machine and Linux: the ways that it has not, and why.
LACKS = {
    ("aarch64", "6.1"): {"fexit": "ENOTSUPP: this kernel cannot do that"},
    ("s390x", "6.12"): {"fexit": "ENOMEM: this kernel makes no machine code of BPF"},
    ("riscv64", "6.12"): {"kretprobe": "EINVAL: this kernel takes no kprobe there"},
}
OBJECTS = {
    "x86_64": "build/machines/amd64/build/icmp.bpf.o",
    "aarch64": "build/machines/arm64/build/icmp.bpf.o",
    "s390x": "build/machines/s390x/build/icmp.bpf.o",
    "riscv64": "build/machines/riscv64/build/icmp.bpf.o",
}
CALLED = {"aarch64": "arm64"}


def lacks() -> dict[str, str]:
    """Return the ways that are not to be had here, each with the reason that is to be said."""
    release = ".".join(os.uname().release.split(".")[:2])
    return LACKS.get((os.uname().machine, release), {})


def check_way(way: str, folder: Path) -> None:
    """23 pings are 46 records, field by field as captured; or the way is refused, and why."""
    if way in lacks():
        refused = run("--attach", way)
        assert refused.process.returncode == 4
        assert lacks()[way] in error_line(refused)
        return
    check_46_records(way, folder)


def check_owners(to: str) -> None:
    """Each of 5 pings is seen four times, and known to be ping's."""
    with Run("-o", "json", "--dst", to, "-t", "echo-request", "-t", "echo-reply") as tracer:
        ping(5, to=to)
        settle()
        assert tracer.end() == 0
    assert len(tracer.events) == 20
    assert {(event["src"], event["dst"], event["if"]) for event in tracer.events} == {
        (to, to, "lo")
    }
    assert [event["seq"] for event in tracer.events] == [n for n in range(1, 6) for _ in range(4)]
    own = [event for event in tracer.events if event["comm"] == "ping"]
    assert [(event["dir"], event["type_name"]) for event in own] == 5 * [
        ("out", "echo-request"),
        ("in", "echo-reply"),
    ]
    assert all(0 < event["rtt_ns"] < 1e9 for event in own[1::2])


def check_verdicts() -> None:
    """Each of 5 pings was answered, says ``pyicmp why``; without fexit it says that it cannot."""
    if "fexit" in lacks():
        assert run("why", "-d", "1").process.returncode == 4
        return
    for to in ("127.0.0.1", "::1"):
        with Run("why", "-o", "json", "--dst", to) as tracer:
            ping(5, to=to)
            settle()
            assert tracer.end() == 0
        assert [(event["verdict"], event["seq"]) for event in tracer.events] == [
            ("answered", seq) for seq in range(1, 6)
        ]
        assert all(event["reply_ns"] > 0 for event in tracer.events)


def check_own_addresses() -> None:
    """What comes to a forwarding host's own address is the kernel's, who answers it."""
    chain = Chain("m")
    try:
        for to in ROUTER.values():
            with Run("-o", "json", "-Q", "in", "--dst", to, "-t", "echo-request") as tracer:
                ping(3, to=to, netns=chain.client)
                settle()
                assert tracer.end() == 0
            assert [(event["if"], event.get("comm")) for event in tracer.events] == [
                (f"{chain.router}0", "kernel")
            ] * 3
    finally:
        chain.delete()


def check_objects_of_others() -> None:
    """Every other machine's object is refused, and says for which machine it is."""
    here = CALLED.get(os.uname().machine, os.uname().machine)
    for machine, path in OBJECTS.items():
        if machine != os.uname().machine:
            refused = run("--object", str(ROOT / path))
            assert refused.process.returncode == 6
            called = CALLED.get(machine, machine)
            assert f"compiled for {called}, this machine is {here};" in error_line(refused)
