"""The wheel, in a root with Python and neither compiler nor headers nor libbpf."""

from __future__ import annotations

import shutil
import subprocess
import sys
from ctypes.util import find_library
from pathlib import Path

import pytest

from tests.capture import Capture, comparable
from tests.tracing import ROOT, Run, ping, settle

BOOT = {"root": "bare", "kernels": ["6.1", "6.12"]}

INSTALLED = ("/usr/local/bin/pyicmp",)


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    """Install it as a user would, from a folder and without any network."""
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--break-system-packages"]
    done = subprocess.run(
        [*pip, "--find-links", str(ROOT / "dist"), "pyicmp"],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_nothing_to_build_with() -> None:
    assert not [tool for tool in ("cc", "gcc", "clang", "clang-19", "make") if shutil.which(tool)]
    assert not Path("/usr/include/bpf").exists()
    assert find_library("bpf") is None


@pytest.mark.parametrize("way", ["kretprobe", "fexit", "tracepoint"])
def test_23_pings_are_46_records_as_captured(way: str, tmp_path: Path) -> None:
    with (
        Run("-4", "-Q", "in", "-o", "json", "--attach", way, program=INSTALLED) as tracer,
        Capture("lo", tmp_path / "lo") as capture,
    ):
        ping(23)
        settle()
        assert tracer.end() == 0
    assert len(tracer.events) == 46
    assert [comparable(event) for event in tracer.events] == capture.events()


def test_it_carries_its_own_libbpf() -> None:
    code = (
        "from pyicmp.bpf._native import ffi, lib;"
        "print(ffi.string(lib.libbpf_version_string()).decode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd="/", capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "v1.7"
