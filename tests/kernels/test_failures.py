"""Each failure is one line and an exit code, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bpf_ids import nothing_left
from tests.situations import AS_TRACER, AS_USER, BTF, btf_hidden
from tests.tracing import OBJECT, Run, error_line, ping, run


def kprobes() -> str:
    """Return every kprobe there is, by perf event or by tracefs."""
    return (
        Path("/sys/kernel/debug/kprobes/list").read_text()
        + Path("/sys/kernel/tracing/kprobe_events").read_text()
    )


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    with nothing_left(kprobes, settled=0.3):
        yield


@pytest.fixture
def hidden_btf(tmp_path: Path) -> Iterator[Path]:
    """Hide the kernel's BTF, and give a copy of it."""
    copy = tmp_path / "vmlinux.btf"
    copy.write_bytes(BTF.read_bytes())
    with btf_hidden():
        yield copy


def test_ordinary_user() -> None:
    failed = run(prefix=AS_USER)
    assert failed.process.returncode == 3
    assert "missing CAP_BPF and CAP_PERFMON" in error_line(failed)


def test_no_btf(hidden_btf: Path) -> None:
    failed = run()
    assert failed.process.returncode == 4
    assert "offers no BTF in /sys/kernel/btf/vmlinux" in error_line(failed)
    assert "--btf FILE" in error_line(failed)


def test_btf_from_a_file(hidden_btf: Path) -> None:
    with Run("--btf", str(hidden_btf), "-c", "46", "-o", "legacy") as tracer:
        ping(23)
        assert tracer.wait() == 0
    assert tracer.stdout.count("\n") == 46


def test_btf_of_another_kernel(tmp_path: Path) -> None:
    """It would load, attach, and read the wrong bytes; here the kernel's own tells."""
    foreign = tmp_path / "foreign.btf"
    foreign.write_bytes(BTF.read_bytes().replace(b"\0eth", b"\0eht"))
    failed = run("--btf", str(foreign))
    assert failed.process.returncode == 2
    assert "it is not this kernel's" in error_line(failed)


@pytest.mark.parametrize("way", ["kretprobe", "fexit"])
def test_function_missing(way: str, tmp_path: Path) -> None:
    patched = tmp_path / "icmp.bpf.o"
    patched.write_bytes(OBJECT.read_bytes().replace(b"/ip_rcv_core\0", b"/ip_rcv_corX\0"))
    failed = run("--attach", way, "--object", str(patched))
    assert failed.process.returncode == 4
    assert "ip_rcv_corX" in error_line(failed)


def test_function_missing_falls_to_the_tracepoint(tmp_path: Path) -> None:
    patched = tmp_path / "icmp.bpf.o"
    patched.write_bytes(OBJECT.read_bytes().replace(b"/ip_rcv_core\0", b"/ip_rcv_corX\0"))
    with Run("--object", str(patched), "-c", "2") as tracer:
        ping(1)
        assert tracer.wait() == 0
    assert "netif_receive_skb via tracepoint" in tracer.stderr
    assert "# not by kretprobe: neither it nor an .isra" in tracer.stderr
    assert "# tracepoint fires before IP validation" in tracer.stderr


def test_kretprobe_without_sys_admin() -> None:
    """Debian's perf_event_paranoid=3 is not overcome by CAP_PERFMON; 5.10 fails before that."""
    failed = run("--attach", "kretprobe", prefix=AS_TRACER)
    assert failed.process.returncode == 3
    assert any(
        cause in error_line(failed) for cause in ("kernel.perf_event_paranoid=3", "locked memory")
    )


def test_killed_in_the_middle() -> None:
    with Run() as tracer:
        ping(1)
        tracer.process.kill()
        tracer.process.wait()
