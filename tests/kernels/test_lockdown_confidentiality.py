"""Lockdown mode confidentiality: no way is left, and the refusal names it."""

from __future__ import annotations

import pytest

from tests.doctoring import Diagnosis
from tests.situations import NO_CAPABILITIES
from tests.tracing import error_line, run

BOOT = {"append": "lockdown=confidentiality"}
CAUSE = "the kernel is in lockdown mode confidentiality, which forbids reading its memory"


@pytest.mark.parametrize("way", ["auto", "kretprobe", "fexit", "tracepoint"])
def test_the_refusal_names_it(way: str) -> None:
    failed = run("--attach", way)
    assert failed.process.returncode == 3
    assert CAUSE in error_line(failed)
    assert error_line(failed).endswith("boot with lockdown=integrity or none")


def test_doctor() -> None:
    found = Diagnosis()
    assert found.code == 3
    assert found.told["lockdown"] == "confidentiality"
    assert found.fits("confidentiality")
    assert found.told["verdict"]["fix"] == "boot with lockdown=integrity or none"
    assert all(one["ok"] for one in found.told["transports"])


def test_missing_capabilities_come_first() -> None:
    """Lockdown is not what refuses a process that may not load anything anyway."""
    found = Diagnosis(NO_CAPABILITIES)
    assert found.fits("ordinary-user")
