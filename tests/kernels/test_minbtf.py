"""A kernel whose BTF is hidden, traced with what pyicmp minbtf has cut out of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.situations import BTF, btf_cut, btf_hidden
from tests.tracing import Run, error_line, ping, run

PINGS = 23


@pytest.fixture
def cut() -> Iterator[Path]:
    """Yield a directory with this kernel's BTF, cut; the whole one is hidden."""
    with btf_cut() as folder, btf_hidden():
        yield folder


def traced(*arguments: str) -> int:
    """Return how many messages of 23 pings on loopback are seen."""
    with Run("-4", "-Q", "in", "-o", "json", "--attach", "kretprobe", *arguments) as tracer:
        ping(PINGS)
        assert tracer.end() == 0
    return len(tracer.events)


def test_a_directory(cut: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not BTF.exists()
    monkeypatch.setenv("PYICMP_BTF_PATH", str(cut))
    assert traced() == 2 * PINGS


def test_a_file(cut: Path) -> None:
    assert traced("--btf", str(cut / f"{os.uname().release}.btf")) == 2 * PINGS


def test_without_it_the_kernel_is_refused(cut: Path) -> None:
    failed = run("-d", "0.1", "--attach", "kretprobe")
    assert failed.process.returncode == 4
    assert "BTF" in error_line(failed)


def test_another_kernels_is_refused(cut: Path) -> None:
    own, theirs = os.uname().release, "5.4.0-42-generic"
    data = (cut / f"{own}.btf").read_bytes()
    padded = theirs.encode().ljust(len(own), b"x")[: len(own)]
    (cut / "other.btf").write_bytes(data.replace(own.encode(), padded))
    failed = run("-d", "0.1", "--btf", str(cut / "other.btf"))
    assert failed.process.returncode == 2
    assert f"it is of {padded.decode()} on x86_64, this is {own} on x86_64" in error_line(failed)
