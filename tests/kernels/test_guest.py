"""The guests themselves: what every other test in this folder takes for granted."""

import locale
import os
import pwd
import subprocess
from pathlib import Path

import pytest


def sh(command: str) -> str:
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def test_ping() -> None:
    assert "1 received" in sh("ping -c1 -W2 127.0.0.1")


def test_ping_ipv6() -> None:
    assert "1 received" in sh("ping -c1 -W2 ::1")


def test_root_in_a_guest() -> None:
    assert os.geteuid() == 0
    assert os.environ["PYICMP_GUEST"] == "1"
    assert Path.cwd() == Path("/pyicmp")
    assert pwd.getpwnam("tcpdump").pw_uid
    assert locale.setlocale(locale.LC_ALL, "") == "C.UTF-8"


@pytest.mark.parametrize(
    "path",
    [
        "/sys/kernel/btf/vmlinux",
        "/sys/kernel/tracing/available_filter_functions",
        "/sys/kernel/debug/tracing",
        "/sys/kernel/security/lsm",
        "/sys/fs/cgroup/cgroup.controllers",
        "/dev/pts/ptmx",
    ],
)
def test_mounted(path: str) -> None:
    assert Path(path).exists()


def test_bpffs() -> None:
    assert " /sys/fs/bpf bpf " in Path("/proc/mounts").read_text()


@pytest.mark.parametrize("module", ["veth", "sch_netem", "nf_tables", "8021q", "dummy", "tun"])
def test_module(module: str) -> None:
    sh(f"modprobe {module}")


def test_namespaces_joined_by_veth() -> None:
    sh("ip netns add far && ip link add near0 type veth peer name far0 netns far")
    sh("ip addr add 192.0.2.1/24 dev near0 && ip link set near0 up")
    sh("ip -n far addr add 192.0.2.2/24 dev far0 && ip -n far link set far0 up")
    assert "1 received" in sh("ping -c1 -W2 192.0.2.2")
    sh("ip netns del far")
