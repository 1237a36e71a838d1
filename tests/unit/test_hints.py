"""Each cause of a refusal, by error number, call, log and the host's facts, and what to do."""

from __future__ import annotations

import errno

import pytest

from pyicmp.bpf import host
from pyicmp.bpf.hints import bpf_error
from pyicmp.errors import BpfError, NotPermitted, NotSupported, VerifierError

REJECTED = (
    "libbpf: prog 'x': -- BEGIN PROG LOAD LOG --\n0: (85) call {helper}\n{reason}\n"
    "processed 1 insns\n-- END PROG LOAD LOG --\n"
)


@pytest.fixture(autouse=True)
def plain_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that refuses nothing by itself."""
    facts = {
        "missing_capabilities": [],
        "in_user_namespace": False,
        "perf_event_paranoid": 2,
        "memlock_limited": False,
        "seccomp_filtered": False,
        "lockdown": "none",
        "no_sysfs": "",
    }
    for name, value in facts.items():
        monkeypatch.setattr(host, name, lambda value=value: value)


@pytest.mark.parametrize("number", [errno.EPERM, errno.EACCES])
@pytest.mark.parametrize(
    ("fact", "value", "call", "log", "kind", "why"),
    [
        ("missing_capabilities", ["CAP_BPF"], "bpf_object__load", "", NotPermitted, "CAP_BPF"),
        ("in_user_namespace", True, "bpf_object__load", "", NotPermitted, "user namespace"),
        ("perf_event_paranoid", 3, "perf_event_open(uprobe)", "", NotPermitted, "paranoid=3"),
        ("seccomp_filtered", True, "bpf_object__load", "", NotPermitted, "seccomp"),
        ("lockdown", "integrity", "bpf_obj_pin", "", BpfError, "no BPF file system"),
        ("lockdown", "integrity", "bpf_object__load", "", NotSupported, "own policy"),
    ],
)
def test_refusals(
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    fact: str,
    value: object,
    call: str,
    log: str,
    kind: type[BpfError],
    why: str,
) -> None:
    monkeypatch.setattr(host, fact, lambda: value)
    error = bpf_error("cannot do it", errno=number, call=call, log=log)
    assert type(error) is kind
    assert why in error.why
    assert error.hint
    assert error.errno == number


@pytest.mark.parametrize(
    "log",
    [
        "libbpf: map 'types': failed to create: Operation not permitted(-1)",
        "libbpf: prog 'f': BPF program load failed: Operation not permitted",
        "libbpf: Error in bpf_object__probe_loading():Operation not permitted(1). "
        "Couldn't load trivial BPF program.",
    ],
)
@pytest.mark.parametrize("limited", [False, True])
def test_locked_memory(monkeypatch: pytest.MonkeyPatch, log: str, limited: bool) -> None:
    """The kernel answers EPERM, whatever was one too many; other policies may say EACCES."""
    monkeypatch.setattr(host, "memlock_limited", lambda: limited)
    refused = bpf_error("cannot do it", errno=errno.EPERM, call="bpf_object__load", log=log)
    assert ("locked memory" in refused.why) == limited
    refused = bpf_error("cannot do it", errno=errno.EACCES, call="bpf_object__load", log=log)
    assert "own policy" in refused.why


def test_locked_memory_or_a_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "memlock_limited", lambda: True)
    monkeypatch.setattr(host, "seccomp_filtered", lambda: True)
    log = "Couldn't load trivial BPF program."
    refused = bpf_error("cannot do it", errno=errno.EPERM, call="bpf_object__load", log=log)
    assert "seccomp" in refused.why


# Linux 5.10 of an lsm_cgroup program.
UNREAD = (
    "libbpf: prog 'f': BPF program load failed: Invalid argument\n"
    "libbpf: prog 'f': -- BEGIN PROG LOAD LOG --\n"
    "processed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0\n"
    "-- END PROG LOAD LOG --\n"
)


def link(kind: str) -> str:
    return f"bpf(BPF_LINK_CREATE, {kind})"


@pytest.mark.parametrize(
    ("number", "call", "log", "kind", "why"),
    [
        (errno.EINVAL, link("tcx"), "", NotSupported, "it takes Linux 6.6"),
        (errno.EOPNOTSUPP, link("kprobe.multi"), "", NotSupported, "CONFIG_FPROBE"),
        (errno.EINVAL, link("kprobe"), "", NotSupported, "the program does not fit"),
        (errno.EBUSY, link("xdp"), "", BpfError, "another program is attached there"),
        (errno.ENODEV, link("tcx"), "", BpfError, "no such interface"),
        (errno.ENOENT, "perf_event_open(kprobe)", "", NotSupported, "no such function"),
        (errno.EINVAL, "perf_event_open(kprobe)", "", NotSupported, "KPROBES_ON_FTRACE"),
        (errno.ENOTSUP, "bpf_object__load", "", NotSupported, "cannot do that"),
        (errno.EINVAL, "bpf_obj_pin", "", NotSupported, "no BPF object"),
        (errno.EINVAL, "bpf_link_update", "", NotSupported, "take no other program"),
        (errno.EINVAL, "bpf_iter_create", "", NotSupported, "no iterator"),
        (errno.EINVAL, "bpf(BPF_PROG_TEST_RUN, xdp)", "", NotSupported, "by hand"),
        (errno.EINVAL, "x", "BPF program load failed: Invalid", NotSupported, "of this type"),
        (errno.EINVAL, "bpf_object__load", UNREAD, NotSupported, "of this type"),
        (errno.ESRCH, "x", "kernel BTF type ID of 'f': -3", NotSupported, "BTF has no f"),
        (errno.ESRCH, "x", "failed to find valid kernel BTF", NotSupported, "offers no BTF"),
        (errno.ENOMEM, "x", "", BpfError, "no memory"),
        (errno.EIO, "x", "", BpfError, "Input/output error"),
        (errno.EIO, "x", "libbpf: said so\n", BpfError, "said so"),
    ],
)
def test_absences(number: int, call: str, log: str, kind: type[BpfError], why: str) -> None:
    error = bpf_error("cannot do it", errno=number, call=call, log=log)
    assert type(error) is kind
    assert why in error.why


@pytest.mark.parametrize(("jit", "why"), [(None, "CONFIG_BPF_JIT"), ("1", "has no memory")])
def test_no_memory_and_no_trampolines(
    monkeypatch: pytest.MonkeyPatch, jit: str | None, why: str
) -> None:
    """Debian's 6.12 for s390x, of an fexit program."""
    monkeypatch.setattr(host, "sysctl", {"net.core.bpf_jit_enable": jit}.get)
    error = bpf_error("cannot do it", errno=errno.ENOMEM, call="bpf_object__load", log=UNREAD)
    assert why in error.why


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EACCES])
def test_a_verifiers_log_is_read(number: int) -> None:
    log = REJECTED.format(helper="bpf_loop#181", reason="unknown func bpf_loop#181")
    error = bpf_error("cannot load it", errno=number, call="bpf_object__load", log=log)
    assert isinstance(error, VerifierError)
    assert (error.program, error.kind, error.errno) == ("x", "helper_unknown", number)


def test_btf_that_is_hidden_with_sysfs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "no_sysfs", lambda: "/sys is not mounted here")
    for log in ("failed to find valid kernel BTF", "Failed to open cpu mask file /sys/x: -2"):
        error = bpf_error("cannot load it", errno=errno.ESRCH, call="bpf_object__load", log=log)
        assert isinstance(error, NotSupported)
        assert "/sys is not mounted here" in error.why


@pytest.mark.parametrize(("filtered", "kind"), [(True, NotPermitted), (False, NotSupported)])
def test_some_filters_say_that_there_is_no_such_call(
    monkeypatch: pytest.MonkeyPatch, filtered: bool, kind: type[BpfError]
) -> None:
    monkeypatch.setattr(host, "seccomp_filtered", lambda: filtered)
    assert type(bpf_error("cannot do it", errno=errno.ENOSYS, call="x")) is kind


def test_the_btf_of_modules_takes_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "has_capability", lambda name: name != "CAP_SYS_ADMIN")
    log = "libbpf: failed to iterate BTF objects: -1\n"
    error = bpf_error("cannot load it", errno=errno.EPERM, call="bpf_object__load", log=log)
    assert isinstance(error, NotPermitted)
    assert "CAP_SYS_ADMIN is missing" in error.why
    assert error.fix.startswith("--btf /sys/kernel/btf/vmlinux")


def test_lockdown_forbids_kprobes_but_no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "lockdown", lambda: "confidentiality")
    kprobe = bpf_error("cannot attach", errno=errno.EPERM, call="perf_event_open(kprobe)")
    assert "lockdown mode confidentiality" in kprobe.why
    other = bpf_error("cannot attach", errno=errno.EINVAL, call=link("tcx"))
    assert "lockdown" not in other.why
    monkeypatch.setattr(host, "missing_capabilities", lambda: ["CAP_BPF"])
    poor = bpf_error("cannot attach", errno=errno.EPERM, call="perf_event_open(kprobe)")
    assert poor.why == "EPERM: missing CAP_BPF"


def test_lockdown_explains_only_what_it_forbids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "lockdown", lambda: "confidentiality")
    reading = "bpf_probe_read_kernel#113"
    log = REJECTED.format(helper=reading, reason=f"unknown func {reading}")
    error = bpf_error("cannot load it", errno=errno.EINVAL, call="bpf_object__load", log=log)
    assert isinstance(error, NotPermitted)
    assert "lockdown mode confidentiality" in error.why
    log = REJECTED.format(helper="bpf_loop#181", reason="R1 !read_ok")
    error = bpf_error("cannot load it", errno=errno.EACCES, call="bpf_object__load", log=log)
    assert isinstance(error, VerifierError)
