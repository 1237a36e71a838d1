"""A kernel that offers BPF programs what 5.4 does, and no BTF: docs/oldkernels.md."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import pyicmp
from pyicmp import bpf
from tests.capture import Capture, comparable
from tests.doctoring import Diagnosis
from tests.ledger import Overrun
from tests.messages import send_all_kinds
from tests.tracing import OBJECT, ROOT, Run, error_line, ping, run, settle

BOOT = {"kernels": ["5.10-cut"]}
WHOLE_BTF = Path(f"/boot/{os.uname().release}.btf")
PINGS = 23


@pytest.fixture(scope="module", autouse=True)
def minimal_btf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cut the kernel's BTF, which its build left in /boot, and say where it is."""
    folder = tmp_path_factory.mktemp("btf")
    command = ("minbtf", OBJECT, WHOLE_BTF, "-o", folder)
    subprocess.run([sys.executable, "-m", "pyicmp", *map(str, command)], cwd=ROOT, check=True)
    os.environ["PYICMP_BTF_PATH"] = str(folder)
    return folder


def test_it_lacks_what_5_4_lacks() -> None:
    assert bpf.features.map_type("perf_event_array")
    for answer in (
        bpf.features.map_type("ringbuf"),
        bpf.features.helper("ringbuf_output"),
        bpf.features.helper("probe_read_kernel"),
        bpf.features.attach("tp_btf"),
        bpf.features.attach("fexit"),
        bpf.features.btf(),
    ):
        assert answer.answer is False, answer
    assert bpf.resolve_symbol("ip_rcv_core") == "ip_rcv_core.constprop.0"


def test_minimal_btf_is_minimal(minimal_btf: Path) -> None:
    (made,) = minimal_btf.rglob("*.btf")
    assert made.stat().st_size < 8192 < WHOLE_BTF.stat().st_size


def test_23_pings_are_46_records() -> None:
    with Run("-o", "json") as tracer:
        ping(PINGS)
        settle()
        assert tracer.end() == 0
    first, *further = tracer.stderr.splitlines()
    assert first == (
        "# tracing ICMP at ip_rcv_core.constprop.0 via kretprobe, ip6_rcv_core.constprop.0 via"
        " kretprobe (1 perf buffer of 8 MiB), Ctrl-C ends"
    )
    assert any(line.startswith("# without net_dev_queue, what goes out: ") for line in further)
    assert further[-1].startswith("# 46 events, 0 lost (1 perf buffer of 8 MiB), hooks: ")
    names = [event["type_name"] for event in tracer.events]
    assert Counter(names) == {"echo-request": PINGS, "echo-reply": PINGS}


def test_every_type_as_captured(tmp_path: Path) -> None:
    with Run("-4", "-Q", "in", "-o", "json") as tracer, Capture("lo", tmp_path / "lo") as capture:
        send_all_kinds()
        settle()
        assert tracer.end() == 0
    assert [comparable(event) for event in tracer.events] == capture.events()


def test_ipv6() -> None:
    with Run("-6", "-t", "echo-request,echo-reply", "-o", "json") as tracer:
        ping(PINGS, to="::1")
        settle()
        assert tracer.end() == 0
    assert len(tracer.events) == 2 * PINGS


def test_filters_leave_out_the_rest() -> None:
    with Run("-t", "echo-reply", "--src", "127.0.0.0/8", "--seq", "3-5", "-o", "json") as tracer:
        ping(PINGS)
        settle()
        assert tracer.end() == 0
    assert [event["seq"] for event in tracer.events] == [3, 4, 5]


def test_light_has_both_directions_and_owners() -> None:
    with Run("--light", "-4", "-o", "json") as tracer:
        ping(PINGS)
        settle()
        assert tracer.end() == 0
    assert Counter(
        (event["dir"], event["type_name"], event["comm"]) for event in tracer.events
    ) == {
        ("out", "echo-request", "ping"): PINGS,
        ("in", "echo-request", "kernel"): PINGS,
        ("out", "echo-reply", "kernel"): PINGS,
        ("in", "echo-reply", "ping"): PINGS,
    }


def test_small_buffers_and_a_stopped_reader() -> None:
    overrun = Overrun(pings=300)
    assert (overrun.code, overrun.received) == (5, 600)
    assert (overrun.seen, overrun.filtered) == (600, 0)
    assert 0 < overrun.emitted == 600 - overrun.lost


def test_the_kernels_count_in_band_is_the_same() -> None:
    with pyicmp.Tracer(families=[4], buffer=4096) as tracer:
        ping(200)
        ring = tracer.attachment.ring
        first = ring.read(timeout=0)
        ping(1)  # it tells of losses when there is room again
        second = ring.read(timeout=0)
        assert tracer.stats.lost == first.lost + second.lost > 0
        assert first.count + second.count + tracer.stats.lost == 402


def test_doctor() -> None:
    """It would trace what comes in, and says what is lost of the rest, and what to do."""
    found = Diagnosis()
    assert found.fits("no-rings")
    ring, perf = found.told["transports"]
    assert ring["why"] == "EOPNOTSUPP: this kernel has no BPF ring buffers (before Linux 5.8)"
    assert perf["ok"]
    assert found.cells("kretprobe") == found.cells("kprobe") == {"ok"}
    assert found.cells("fexit") == found.cells("tracepoint") == found.cells("iter") == {"ESRCH"}
    assert found.told["selftest"]["seen"] == ["in echo-request", "in echo-reply"]
    assert not found.told["verdict"]["ok"]
    assert found.told["verdict"]["fix"].startswith("take --light, ")


def test_without_btf_doctor_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYICMP_BTF_PATH")
    assert Diagnosis().fits("hidden-btf")


def test_without_btf_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYICMP_BTF_PATH")
    failed = run("-d", "0.1")
    assert failed.process.returncode == 4
    assert "BTF" in error_line(failed)


def test_why_is_refused() -> None:
    failed = run("why", "-d", "0.1")
    assert failed.process.returncode == 4
    assert error_line(failed)
