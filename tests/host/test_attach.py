"""Attaching on the running kernel: by each way that it has, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyicmp import LifecycleError, NotSupported, UsageError, bpf
from pyicmp.errors import BpfError
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

ROOT = Path(__file__).parents[2]
# usdt.bpf.h and libbpf share a struct that 1.7 changed; the test object is made with the system's.
LIBBPF_CHANGED_ITS_ARGUMENTS = libbpf_version() >= (1, 7)


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    before = bpf_descriptors(), filters()
    yield
    assert (bpf_descriptors(), filters()) == before


@pytest.fixture
def bpffs(tmp_path: Path) -> Iterator[Path]:
    subprocess.run(["mount", "-t", "bpf", "bpf", tmp_path], check=True)
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_attach(case: Case) -> None:
    if not bpf.features.attach(case.feature):
        with pytest.raises(NotSupported) as caught, attached(case):
            pass
        assert caught.value.errno
        return
    with attached(case) as (link, hits):
        case.meet()
        met = hits()
        assert met > 0
        link.close()
        case.meet()
        time.sleep(0.01)
        again = hits()
        case.meet()
        assert hits() == again


def test_an_iterator_is_read() -> None:
    with loaded("on_iter") as program, program.attach() as link:
        assert link.info.type == "iter"
        tasks = link.read().count(b"task\n")
        assert tasks > 1  # of this PID namespace
        with link.open() as file:
            assert file.read(5) == b"task\n"
        with program.attach(pid=os.getpid()) as own:
            assert 0 < own.read().count(b"task\n") < tasks


def test_a_link_is_pinned_reopened_and_unpinned(bpffs: Path) -> None:
    path = bpffs / "link"
    with loaded("on_raw_tp") as program:
        link = program.attach()
        number = link.info.id
        link.pin(path)
        assert link.pinned == [str(path)]
    with bpf.Link.from_pin(path) as again:
        assert again.info.id == number
        assert again.kind == "raw_tracepoint"
    with bpf.Link.from_id(number) as again:
        assert again.info.id == number
    path.unlink()
    with pytest.raises(BpfError) as caught:
        gone(number)
    assert caught.value.errno == 2


def gone(number: int, within: float = 3.0) -> None:
    """Ask for a link until it is gone: the kernel frees it a moment later."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        bpf.Link.from_id(number).close()
        time.sleep(0.01)


def test_unpin(bpffs: Path) -> None:
    with loaded("on_raw_tp") as program, program.attach() as link:
        link.pin(bpffs / "link")
        link.unpin()
        assert not (bpffs / "link").exists()
        ping()


def test_pins_say_why_not(bpffs: Path, tmp_path: Path) -> None:
    with loaded("on_raw_tp") as program, program.attach() as link:
        link.pin(bpffs / "link")
        with pytest.raises(BpfError, match="EEXIST"):
            link.pin(bpffs / "link")
        with pytest.raises(BpfError, match="BPF file system"):
            link.pin("/tmp/pyicmp-link")
        with pytest.raises(BpfError, match="ENOENT"):
            bpf.Link.from_pin(bpffs / "none")
        link.unpin()


def test_another_program_takes_the_place() -> None:
    with (
        loaded("on_xdp") as one,
        loaded("on_xdp") as other,
        one.attach(interface="lo", mode="skb") as link,
    ):
        assert link.info.prog_id == one.id
        link.update(other)
        assert link.info.prog_id == other.id
        assert link.missed is None


def test_another_program_takes_a_filters_place() -> None:
    with (
        loaded("on_tc") as one,
        loaded("on_tc") as other,
        one.attach(interface="lo", by="clsact") as link,
    ):
        assert one.tag in filters()
        link.update(other)
        assert f" id {other.id} " in filters()
        with pytest.raises(LifecycleError, match="no link to the kernel"):
            link.fileno()


def test_an_object_closes_its_links() -> None:
    with loaded("on_raw_tp") as program:
        link = program.attach()
        number = link.info.id
    with pytest.raises(LifecycleError, match="it is closed"):
        link.fileno()
    with pytest.raises(BpfError, match="ENOENT"):
        gone(number)


def test_killed_in_the_middle() -> None:
    script = (
        "import time; from tests.attaching import loaded\n"
        "with loaded('on_raw_tp') as program:\n"
        "    print(program.attach().info.id, flush=True); time.sleep(60)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE)
    assert child.stdout is not None
    number = int(child.stdout.readline())
    bpf.Link.from_id(number).close()
    child.send_signal(signal.SIGKILL)
    child.communicate()
    with pytest.raises(BpfError, match="ENOENT"):
        gone(number)


def test_a_function_is_replaced() -> None:
    if not bpf.features.attach("fentry"):  # a policy, and it means both
        with pytest.raises(NotSupported):
            replaced()
        return
    assert replaced() == (2, 1, 2)


def test_usdt() -> None:
    count, argument = usdt_sums()
    assert count == 1
    assert argument == 42 or LIBBPF_CHANGED_ITS_ARGUMENTS
    assert usdt_sums(pid=os.getpid()) == (0, 0)
    with pytest.raises(BpfError, match="cannot attach on_usdt"):
        usdt_sums(name="no_such_point")


def test_options_that_do_nothing_are_errors() -> None:
    with loaded("on_xdp") as program:
        with pytest.raises(UsageError, match="xdp takes no pid; it takes interface"):
            program.attach(interface="lo", pid=1)
        with pytest.raises(UsageError, match="xdp takes no netns"):
            program.attach(interface="lo", netns="/proc/self/ns/net")
        with pytest.raises(UsageError, match="no interface is named"):
            program.attach()
        with pytest.raises(UsageError, match="there is no interface nowhere0"):
            program.attach(interface="nowhere0")
        with pytest.raises(BpfError, match=r"ENODEV|EINVAL"):
            program.attach(interface=987_654)
    with loaded("on_cgroup") as program:
        with pytest.raises(UsageError, match="no folder of cgroup2"):
            program.attach(cgroup="/tmp")
        with pytest.raises(UsageError, match="No such file"):
            program.attach(cgroup="/nowhere")
    with loaded("on_uprobe") as program:
        with pytest.raises(NotSupported, match="no function of that name"):
            program.attach(binary="libc.so.6", function="no_such_function")
        with pytest.raises(UsageError, match="there is no file"):
            program.attach(binary="/nowhere", function="main")
        with pytest.raises(UsageError, match="no 64-bit ELF"):
            program.attach(binary=__file__, function="main")
    with loaded("on_tp_btf") as program, pytest.raises(UsageError, match="bound to its hook"):
        program.attach(tracepoint="kfree_skb")


def test_another_tracepoint_than_the_sections() -> None:
    with loaded("on_raw_tp") as program, program.attach(tracepoint="kfree_skb") as link:
        assert link.function == "kfree_skb"
    with bpf.open(ROOT / "build" / "tests" / "attach.bpf.o") as opened:
        for one in opened.programs.values():
            one.autoload = one.name == "on_tp_btf"
        opened.programs["on_tp_btf"].attach_target = "kfree_skb"
        with opened.load() as obj, obj.programs["on_tp_btf"].attach() as link:
            assert link.info.type in ("tracing", "raw_tracepoint")
            assert link.function == "kfree_skb"


def test_a_program_left_out_of_the_load_is_not_attached() -> None:
    with bpf.open(ROOT / "build" / "tests" / "attach.bpf.o") as opened:
        for one in opened.programs.values():
            one.autoload = one.name == "on_xdp"
        with opened.load() as obj, pytest.raises(LifecycleError, match="was not loaded"):
            obj.programs["on_raw_tp"].attach()


def test_a_thousand_attachments_leave_no_descriptor() -> None:
    with loaded("on_raw_tp") as program:
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(1000):
            program.attach().close()
        assert len(os.listdir("/proc/self/fd")) == before
