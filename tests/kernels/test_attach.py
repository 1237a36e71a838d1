"""Attaching by each way, on each kernel; which ways it has is found by trying."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyicmp import NotSupported, VerifierError, bpf
from tests.attaching import (
    CASES,
    Case,
    attached,
    bpf_descriptors,
    filters,
    libbpf_version,
    loaded,
    ping,
    replaced,
    usdt_sums,
)
from tests.bpf_ids import nothing_left
from tests.kernels.test_failures import kprobes

ROOT = Path(__file__).parents[2]
OBJECT = ROOT / "build" / "tests" / "attach.bpf.o"
REJECT = ROOT / "build" / "tests" / "reject"
GOLDEN = ROOT / "tests" / "golden" / "verifier"
# What Debian's kernels have not got; nothing in pyicmp reads this.
LACKING = {
    "5.10": {
        *("kprobe.multi", "kprobe.session", "perf_link", "lsm", "lsm_cgroup", "tcx", "netkit"),
        "netfilter",
    },
    "6.1": {"kprobe.multi", "kprobe.session", "tcx", "netkit", "netfilter"},
}


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    with nothing_left(kprobes, bpf_descriptors, filters):
        yield


def test_features_are_those_of_the_kernel() -> None:
    series = ".".join(platform.release().split(".")[:2])
    answers = bpf.features.everything()
    lacking = {
        answer.question.removeprefix("attach ")
        for answer in answers
        if answer.question.startswith("attach ") and not answer
    }
    assert lacking == LACKING.get(series, set())
    assert all(answer.answer is not None for answer in answers)


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_attach(case: Case) -> None:
    if not bpf.features.attach(case.feature):
        with pytest.raises(NotSupported) as caught, attached(case):
            pass
        assert caught.value.errno
        return
    with attached(case) as (link, hits):
        case.meet()
        assert hits() > 0
        link.close()
        case.meet()
        time.sleep(0.01)
        again = hits()
        case.meet()
        assert hits() == again


def test_missed_is_a_count_or_unknown() -> None:
    with loaded("on_kprobe") as program, program.attach() as link:
        ping()
        known = tuple(map(int, platform.release().split(".")[:2])) >= (6, 7)
        assert link.missed == (0 if known else None)


def test_fentry_on_another_function() -> None:
    with bpf.open(OBJECT) as opened:
        for one in opened.programs.values():
            one.autoload = one.name == "on_fentry"
        opened.programs["on_fentry"].attach_target = "icmp_rcv"
        with opened.load() as obj, obj.maps["hits"].mmap() as counts:
            with obj.programs["on_fentry"].attach() as link:
                assert link.function == "icmp_rcv"
                ping()
            assert any(counts[:])


def test_fentry_on_a_function_that_is_none() -> None:
    with (
        bpf.open(OBJECT) as opened,
        pytest.raises(NotSupported, match=r"attach_target no_such_function"),
    ):
        opened.programs["on_fentry"].attach_target = "no_such_function"


def test_a_kprobe_is_pinned_and_goes_on() -> None:
    pin = Path("/sys/fs/bpf/pyicmp-kprobe")
    if not bpf.features.attach("perf_link"):
        with (
            loaded("on_kprobe") as program,
            program.attach() as link,
            pytest.raises(NotSupported, match=r"perf events are none before Linux 5\.15"),
        ):
            link.pin(pin)
        return
    with bpf.enable_stats(), loaded("on_kprobe") as program:
        with program.attach() as link:
            link.pin(pin)
        ping()
        assert program.stats.run_count >= 2
        pin.unlink()


def test_a_name_near_to_a_functions() -> None:
    with (
        loaded("on_kprobe") as program,
        pytest.raises(NotSupported, match=r"did you mean .*ip_rcv_core"),
    ):
        program.attach("ip_rcv_cores")


def test_twin_of_a_function() -> None:
    with loaded("on_kprobe") as program, program.attach("ip_rcv_finish_core") as link:
        assert link.function.startswith("ip_rcv_finish_core")


def test_a_system_call() -> None:
    with (
        loaded("on_kprobe") as program,
        program.attach("getppid", kind="ksyscall"),
        bpf.enable_stats(),
    ):
        os.getppid()
        assert program.stats.run_count >= 1


def test_a_function_is_replaced() -> None:
    assert replaced() == (2, 1, 2)


def test_usdt() -> None:
    count, argument = usdt_sums()
    assert count == 1
    assert argument == 42 or libbpf_version() >= (1, 7)


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.txt")))
def test_rejected_as_golden_says(name: str) -> None:
    with pytest.raises(VerifierError) as caught, bpf.open(REJECT / f"{name}.bpf.o") as opened:
        opened.load()
    error = caught.value
    said = (
        f"kind         {error.kind}\n"
        f"program      {error.program}\n"
        f"instruction  {error.insn}: {error.instruction}\n"
        f"at           {error.file}:{error.line}\n"
        f"source       {error.source}\n"
        f"hint         {error.hint}\n"
    )
    assert (GOLDEN / f"{name}.txt").read_text().startswith(said)


def test_killed_with_a_kprobe_attached() -> None:
    script = (
        "import os, signal; from tests.attaching import loaded\n"
        "with loaded('on_kprobe') as program:\n"
        "    program.attach(); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run(["python3", "-c", script], cwd=ROOT, check=False)
