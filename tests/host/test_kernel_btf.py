"""A BTF file that cannot be the kernel's is refused before anything is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tracing import Run, error_line, ping, run


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/nowhere.btf", "No such file or directory"),
        ("/", "Is a directory"),
        ("/etc/passwd", "it is no BTF"),
        ("/dev/null", "it is no BTF"),
    ],
)
def test_no_btf(path: str, why: str) -> None:
    failed = run("--btf", path)
    assert failed.process.returncode == 2
    assert f"cannot use BTF {path}; {why}" in error_line(failed)


def test_the_kernels_own_may_be_named() -> None:
    if not Path("/sys/kernel/btf/vmlinux").exists():
        pytest.skip("this kernel has no BTF")
    with Run("--btf", "/sys/kernel/btf/vmlinux", "-c", "2") as tracer:
        ping(1)
        assert tracer.wait() == 0
