"""Lockdown mode integrity: nothing that pyicmp does is forbidden."""

from __future__ import annotations

from tests.doctoring import Diagnosis
from tests.tracing import Run, ping

BOOT = {"append": "lockdown=integrity"}


def test_doctor() -> None:
    found = Diagnosis()
    assert found.code == 0
    assert found.told["lockdown"] == "integrity"
    assert found.fits("integrity")
    assert found.cells("kretprobe") == found.cells("fexit") == {"ok"}


def test_trace() -> None:
    with Run("-o", "legacy", "-c", "4") as tracer:
        ping(2)
        assert tracer.wait() == 0
    assert tracer.stdout.count("\n") == 4
