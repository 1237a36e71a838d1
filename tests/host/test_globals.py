"""Global variables: typed and checked before the load, live after it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest

from pyicmp import LifecycleError, ObjectError, UsageError, bpf
from tests.loading import kernel, loaded, opened
from tests.tracing import ROOT
from tests.unit import bpf_objects

SO_ATTACH_BPF = 50  # include/uapi/asm-generic/socket.h
FIRST = {
    "min_len": 64, "min_port": 1024, "target": "eth0", "address": 0x7F000001, "enabled": True,
    "started": -5, "table": ((1, 2), (3, 4)), "hidden": 3, "seen": 9, "drops": 0,
}  # fmt: skip


@pytest.fixture(params=["bpftool", "clang alone"])
def path(request: pytest.FixtureRequest) -> Path:
    """An object with the variables' offsets in its BTF, and one without."""
    if request.param == "bpftool":
        return ROOT / "build" / "tests" / "globals.bpf.o"
    return bpf_objects.raw_path("globals")


@pytest.fixture
def one(path: Path) -> Iterator[bpf.OpenObject]:
    with bpf.open(path) as it:
        yield it


def test_they_are_read_where_they_are(one: bpf.OpenObject) -> None:
    variables = one.globals
    assert isinstance(variables, MutableMapping)
    assert {name: variables[name] for name in FIRST} == FIRST
    assert variables["mode"].name == "MODE_ON"
    assert (variables["config"].port, variables["config"].name) == (80, "http")
    assert variables.section("seen") == ".data.custom"
    assert variables.layout("min_len").value.type == "__u32"
    assert len(variables) == len(list(variables)) == 14


def test_what_is_set_is_what_the_program_gets(one: bpf.OpenObject) -> None:
    values: dict[str, Any] = {
        "min_len": 128, "min_port": 1, "target": b"lo", "mode": "MODE_OFF", "enabled": False,
        "config": {"port": 443, "name": "https"}, "started": -9, "table": [[9, 8], (7, 6)],
        "hidden": 5, "seen": 4, "drops": 1 << 63, "address": 1,
    }  # fmt: skip
    one.globals.update(values)
    with one.load() as obj:
        found = obj.globals
        assert found["target"] == "lo"
        assert found["config"]._asdict() == {"port": 443, "name": "https"}
        assert found["table"] == ((9, 8), (7, 6))
        rest = {"min_len", "min_port", "started", "hidden", "seen", "drops", "address", "enabled"}
        assert {name: found[name] for name in rest} == {name: values[name] for name in rest}
        assert bytes(found["config"])[:2] == (443).to_bytes(2, sys.byteorder)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("min_len", 1 << 32, r"min_len: 4294967296 does not fit __u32 \(0..4294967295\)"),
        ("min_len", -1, "does not fit"),
        ("min_len", "x", "is no number"),
        ("started", 1 << 63, "does not fit"),
        ("enabled", 2, "does not fit"),
        ("target", "far too long", "12 bytes do not fit"),
        ("mode", "MODE_ONN", "did you mean MODE_ON"),
        ("table", [1, 2, 3], "takes 2 values"),
        ("config", (1,), "takes .port, name."),
        ("config", 7, "takes a mapping|does not fit"),
    ],
)
def test_what_does_not_fit(name: str, value: object, why: str) -> None:
    with opened("globals") as one:
        before = one.globals[name]
        with pytest.raises(UsageError, match=why):
            one.globals[name] = value
        assert one.globals[name] == before


def test_a_wrong_name(one: bpf.OpenObject) -> None:
    for call in (lambda: one.globals["min_ln"], lambda: one.globals.__setitem__("min_ln", 1)):
        with pytest.raises(ObjectError, match="did you mean min_len") as refused:
            call()
        assert isinstance(refused.value, KeyError)
    assert "min_ln" not in one.globals
    assert one.globals.get("min_ln", 7) == 7
    with pytest.raises(UsageError, match="cannot delete"):
        del one.globals["min_len"]


def test_constants_after_the_load() -> None:
    with loaded("globals") as obj:
        with pytest.raises(LifecycleError, match=r"in .rodata, which is read-only once loaded"):
            obj.globals["min_len"] = 1
        assert obj.globals["min_len"] == 64


def test_the_kernels_configuration() -> None:
    with opened("globals") as one:
        assert one.globals.section("CONFIG_BPF") == ".kconfig"
        with pytest.raises(LifecycleError, match=r"load.. fills it in"):
            one.globals["CONFIG_BPF"]
        with pytest.raises(LifecycleError, match="the running kernel's own"):
            one.globals["LINUX_KERNEL_VERSION"] = 1
        with one.load() as obj:
            version = obj.globals["LINUX_KERNEL_VERSION"]
            assert (version >> 16, version >> 8 & 255) == kernel()
            with pytest.raises(LifecycleError):
                obj.globals["LINUX_KERNEL_VERSION"] = 1


def test_the_program_and_we_share_them() -> None:
    with opened("counting") as one:
        one.globals["step"] = 10
        one.globals["limits"] = {"high": 300}
        with one.load() as obj, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            program = obj.programs["count"]
            sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_BPF, program.fileno())
            for expected in (10, 20, 30):
                sock.sendto(b"x", sock.getsockname())
                assert obj.globals["total"] == expected
            assert (obj.globals["widest"].low, obj.globals["widest"].high) == (5, 300)
            obj.globals["total"] = 1
            sock.sendto(b"x", sock.getsockname())
            assert obj.globals["total"] == 11


def test_the_phases_are_kept_apart() -> None:
    with opened("globals") as one:
        before = one.globals
        with one.load() as obj:
            with pytest.raises(LifecycleError, match="it is loaded"):
                before["drops"] = 1
            after = obj.globals
            assert after["drops"] == 0
        with pytest.raises(LifecycleError, match="it is closed"):
            after["drops"]


@pytest.mark.parametrize("loads", [False, True])
def test_a_closed_object_has_none(loads: bool) -> None:
    with opened("globals") as one:
        obj = one.load() if loads else one
    obj.close()
    with pytest.raises(LifecycleError, match="it is closed"):
        _ = obj.globals
