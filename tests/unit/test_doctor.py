"""What doctor's page says of what was found, without a kernel; and that its table is all tested."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from pyicmp.icmp.doctor.page import page
from pyicmp.icmp.doctor.reasons import reasons
from pyicmp.icmp.doctor.selftest import ECHO, explain
from pyicmp.icmp.doctor.sysctls import effect, sysctls
from tests.doctoring import situations

TESTS = Path(__file__).parents[1]
REFUSED = "EPERM: missing CAP_BPF"
SILENT = "silent: it attaches, and is not met"


def way(name: str, why: str | None = None, number: int | None = None) -> dict[str, Any]:
    ok = not why or why.startswith("attached")
    return {"way": name, "ok": ok, "errno": number, "why": why}


FOUND: dict[str, Any] = {
    "kernel": "6.1.0",
    "arch": "x86_64",
    "btf": {"path": "/sys/kernel/btf/vmlinux", "from": "the kernel"},
    "capabilities": {
        "held": ["CAP_BPF"],
        "lacking": ["CAP_NET_RAW"],
        "user_namespace": False,
        "seccomp": "none",
        "memlock": 65536,
    },
    "lockdown": "none",
    "sysctls": {"net.ipv4.icmp_ratelimit": {"value": "0", "default": "1000", "effect": "no limit"}},
    "hooks": [{"hook": "icmp_rcv", "ways": [way("kprobe"), way("fentry", REFUSED, 1)]}],
    "transports": [{"transport": "ring buffer", "ok": False, "errno": 1, "why": REFUSED}],
    "verdict": {"ok": True, "exit": 0, "why": "traces by kretprobe", "fix": None},
    "selftest": None,
}


def text(found: dict[str, Any]) -> str:
    return " ".join(page(found).split())


def test_a_page() -> None:
    assert "icmp_rcv kprobe fires fentry NO fentry: EPERM: missing CAP_BPF" in text(FOUND)
    assert "ring buffer NO: EPERM: missing CAP_BPF" in text(FOUND)
    assert "locked memory: 64 KiB" in text(FOUND)
    assert "net.ipv4.icmp_ratelimit=0 (default 1000): no limit" in text(FOUND)
    assert "pyicmp works here, exit code 0" in text(FOUND)


@pytest.mark.parametrize(
    ("why", "cell"),
    [(None, "fires"), (SILENT, "silent"), (REFUSED, "NO"), ("attached, not tried: x", "attached")],
)
def test_cells(why: str | None, cell: str) -> None:
    found = {**FOUND, "hooks": [{"hook": "icmp_rcv", "ways": [way("kprobe", why)]}]}
    assert f"icmp_rcv kprobe {cell}" in text(found)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("btf", None, "BTF NO, none was found"),
        ("lockdown", None, "lockdown not known"),
        ("lockdown", "confidentiality", "so pyicmp cannot"),
        ("selftest", None, "not run, since nothing can be traced"),
    ],
)
def test_what_is_not_there(key: str, value: object, said: str) -> None:
    assert said in text({**FOUND, key: value})


def test_a_run_that_would_miss_messages() -> None:
    blind = {"ok": False, "exit": 0, "why": "traces by kretprobe", "fix": "--attach fexit"}
    said = text({**FOUND, "verdict": blind})
    assert "FAILED: it would run and miss messages, exit code 0" in said
    assert said.endswith("fix: --attach fexit")


def test_no_line_is_wider_than_100_columns_and_none_holds_controls() -> None:
    found = copy.deepcopy(FOUND)
    found["verdict"]["why"] = "word " * 100 + "\x1b[2J"
    lines = page(found).splitlines()
    assert max(map(len, lines)) <= 100
    assert not any("\x1b" in line for line in lines)


def test_colour_changes_no_letter() -> None:
    plain = re.sub(r"\x1b\[\d+m", "", page(FOUND, color=True))
    assert plain == page(FOUND)
    assert "\x1b[32mfires\x1b[0m" in page(FOUND, color=True)


def test_a_reason_is_said_once() -> None:
    hooks = [
        {"hook": name, "ways": [way("kprobe", REFUSED), way("fentry", REFUSED)]} for name in "ab"
    ]
    assert list(reasons(hooks)) == [f"all: {REFUSED}"]
    hooks[0]["ways"][1] = way("fentry")  # type: ignore[index]
    assert list(reasons(hooks)) == [f"kprobe, b by fentry: {REFUSED}"]


@pytest.mark.parametrize(
    ("missing", "answered", "ways", "why", "fix"),
    [
        (ECHO[2:], False, [], "the request came in, and no reply went out", "see nft"),
        (ECHO[2:], True, [], "not seen: the echo-reply that goes out and the echo-reply", ""),
        (ECHO, True, [way("fexit")], "nothing was seen of it, though the hooks were met", ""),
        (ECHO, True, [way("kretprobe", SILENT), way("fexit")], SILENT, "--attach fexit"),
        (ECHO, True, [way("kretprobe", SILENT)], SILENT, ""),
        (ECHO[3:], True, [way("fexit")], "the echo-reply that comes in; other BPF", ""),
    ],
)
def test_why_an_echo_is_not_seen(
    missing: tuple[tuple[str, str], ...], answered: bool, ways: list[Any], why: str, fix: str
) -> None:
    seen = len(missing) < len(ECHO)
    said, remedy = explain(missing, answered, seen, [{"hook": "ip_rcv_core", "ways": ways}])
    assert why in said
    assert fix in (remedy or "")
    assert bool(fix) == bool(remedy)


def test_a_hook_that_was_refused_is_blamed_and_nothing_else() -> None:
    hooks = [{"hook": "ip_rcv_core", "ways": [way("fexit")]}]
    said, _ = explain([ECHO[0], ECHO[2]], True, True, hooks, [f"without net_dev_queue: {REFUSED}"])
    assert said.endswith(f"; without net_dev_queue: {REFUSED}")
    assert "packet filter" not in said


@pytest.mark.parametrize(("why", "advised"), [(None, True), (REFUSED, False), (SILENT, False)])
def test_light_hooks_stand_in_if_they_can_all_be_had(why: str | None, advised: bool) -> None:
    hooks = [
        {"hook": "icmp_rcv", "ways": [way("kprobe"), way("fentry", REFUSED)]},
        {"hook": "icmpv6_rcv", "ways": [way("kprobe", why)]},
    ]
    _, fix = explain([ECHO[0]], True, True, hooks, [f"without net_dev_queue: {REFUSED}"])
    assert ("--light" in (fix or "")) == advised


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("net.ipv4.icmp_echo_ignore_all", "0", None),
        ("net.ipv4.icmp_echo_ignore_all", None, None),
        ("net.ipv4.icmp_echo_ignore_all", "1", "no IPv4 echo request is answered"),
        ("net.ipv4.icmp_echo_ignore_broadcasts", "0", "echo requests to all are answered too"),
        ("net.ipv4.icmp_ratelimit", "0", "no limit by peer"),
        ("net.ipv4.icmp_ratelimit", "50", "50 ms apart"),
        ("net.ipv4.icmp_ratemask", "6169", "the limit is on echo-reply, unreachable"),
        ("net.ipv4.icmp_ratemask", "0", "no type at all"),
        ("net.ipv4.icmp_msgs_per_sec", "10000", None),
        ("net.ipv4.icmp_msgs_per_sec", "5", "above 5 a second"),
        ("net.ipv4.ping_group_range", "1 0", None),
        ("net.ipv4.ping_group_range", "100 200", "groups 100 to 200 only"),
        ("net.ipv4.ip_no_pmtu_disc", "2", "frag-needed is ignored"),
        ("net.ipv6.icmp.ratemask", "1-2", "types 1-2"),
        ("kernel.perf_event_paranoid", "4", "no kprobe without CAP_SYS_ADMIN"),
        ("kernel.perf_event_paranoid", "-1", "nothing changes for pyicmp"),
        ("net.core.bpf_jit_enable", "0", "interpreted"),
    ],
)
def test_effects(name: str, value: str | None, said: str | None) -> None:
    found = effect(name, value)
    assert found is None if said is None else said in (found or "")


def test_this_hosts_sysctls_have_values() -> None:
    assert sysctls()["net.ipv4.icmp_echo_ignore_all"]["value"] in ("0", "1")


def test_each_situation_in_the_documentation_is_made_by_a_test() -> None:
    folders = ("host/test_doctor.py", "kernels/test_*.py", "oldkernel/test_*.py")
    files = [file for pattern in folders for file in TESTS.glob(pattern)]
    made = set(re.findall(r'\.fits\("([\w-]+)"\)', "".join(one.read_text() for one in files)))
    assert made == set(situations())
    assert len(made) >= 10
