"""``pyicmp doctor`` on this kernel, in situations that can be made without a boot."""

from __future__ import annotations

import errno

import pytest

from tests.doctoring import (
    CLOSED_SYS,
    HIDDEN_BTF,
    USER_NAMESPACE,
    Diagnosis,
    doctor,
    inside,
    refusing,
)
from tests.situations import NO_CAPABILITIES
from tests.tracing import CHECKOUT, has_kprobes

IGNORE = inside("echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all")


def test_root() -> None:
    found = Diagnosis()
    assert doctor(*CHECKOUT, "doctor").stdout == found.page
    assert found.fits("root")
    assert found.told["selftest"]["seen"] == [
        *("out echo-request", "in echo-request", "out echo-reply", "in echo-reply")
    ]
    assert found.cells("tracepoint") == {"ok"}
    assert all(one["ok"] for one in found.told["transports"])


def test_the_contract_of_the_json() -> None:
    told = Diagnosis().told
    keys = "kernel arch btf capabilities lockdown sysctls hooks transports verdict selftest"
    assert list(told) == keys.split()
    assert set(told["verdict"]) == {"ok", "exit", "why", "fix"}
    assert [hook["hook"] for hook in told["hooks"]][:3] == [
        *("ip_rcv_core", "ip6_rcv_core", "net_dev_queue")
    ]
    for hook in told["hooks"]:
        assert set(hook) == {"hook", "ways"}
        assert all(set(one) == {"way", "ok", "errno", "why"} for one in hook["ways"])


@pytest.mark.skipif(has_kprobes(), reason="this kernel has kprobes: the guests show the rest")
def test_no_kprobes() -> None:
    found = Diagnosis()
    assert found.fits("no-kprobes")
    assert found.cells("kretprobe") == found.cells("kprobe") == {"ENOENT"}


def test_no_capabilities() -> None:
    found = Diagnosis(NO_CAPABILITIES)
    assert found.fits("ordinary-user")
    assert found.told["capabilities"]["held"] == []
    assert found.told["selftest"] is None


def test_user_namespace() -> None:
    found = Diagnosis(USER_NAMESPACE)
    assert found.fits("user-namespace")
    assert "CAP_BPF" in found.told["capabilities"]["held"]


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOSYS])
def test_seccomp(number: int) -> None:
    found = Diagnosis(refusing(number))
    assert found.fits("seccomp")
    assert found.told["capabilities"]["seccomp"] == "filter"


def test_hidden_btf() -> None:
    found = Diagnosis(HIDDEN_BTF)
    assert found.fits("hidden-btf")
    assert found.told["btf"] is None


def test_closed_sys() -> None:
    found = Diagnosis(CLOSED_SYS)
    assert found.fits("closed-sys")


def test_echo_ignored() -> None:
    found = Diagnosis(IGNORE)
    assert found.fits("echo-ignored")
    assert found.told["verdict"]["ok"]
    assert found.told["selftest"]["seen"] == ["out echo-request", "in echo-request"]


def test_loopback_down() -> None:
    found = Diagnosis(("unshare", "--net"))
    assert found.fits("loopback-down")
    assert found.told["selftest"]["sent"] is None
    assert "net_dev_queue by tracepoint: attached, not tried: ENETUNREACH" in found.text


def test_wrong_btf() -> None:
    assert Diagnosis((), "--btf", "/etc/passwd").code == 2
