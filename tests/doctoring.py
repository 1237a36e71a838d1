"""Runs ``pyicmp doctor`` in a situation, and holds docs/doctor.md to what it prints there."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from pyicmp.icmp.doctor.page import page
from tests.bpf_ids import nothing_left
from tests.situations import BTF
from tests.tracing import CHECKOUT, ROOT

PAGE = ROOT / "docs" / "doctor.md"

LITTLE_MEMORY = ("prlimit", f"--memlock={64 << 10}")  # what Linux 5.10 gives
ANY_MEMORY = ("prlimit", "--memlock=unlimited")
USER_NAMESPACE = ("unshare", "--user", "--map-root-user")


def refusing(errno: int) -> tuple[str, ...]:
    """Return what refuses bpf(2) to the command after it."""
    return (CHECKOUT[0], str(Path(__file__).with_name("refusing.py")), str(errno))


def inside(setup: str) -> tuple[str, ...]:
    """Return what runs *setup* in mount and network namespaces of its own, loopback up."""
    script = f'ip link set lo up && {setup} && exec "$@"'
    return ("unshare", "--mount", "--net", "sh", "-c", script, "sh")


HIDDEN_BTF = inside(f"mount -t tmpfs none {BTF.parent}")
CLOSED_SYS = inside("mount -t tmpfs none /sys")


def situations() -> dict[str, tuple[int, str]]:
    """Return the exit code and the line that docs/doctor.md promises in each situation."""
    table = PAGE.read_text().partition("## Situations")[2]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| `")]
    return {row[0].split("`")[1]: (int(row[2]), row[3].strip("|` ")) for row in rows}


class Diagnosis:
    """
    What doctor says in one situation, as JSON and as a page; nothing stays in the kernel.

    Args:
        prefix: What makes the situation, as the beginning of a command.
    """

    def __init__(self, prefix: tuple[str, ...] = (), *arguments: str) -> None:
        with nothing_left():
            ran = doctor(*prefix, *CHECKOUT, "doctor", "-o", "json", *arguments)
        assert ran.stderr == ""
        self.code = ran.returncode
        self.told: dict[str, Any] = json.loads(ran.stdout)
        assert self.told["verdict"]["exit"] == self.code
        self.page = page(self.told)
        self.text = " ".join(self.page.split())

    def fits(self, situation: str) -> bool:
        """Tell whether exit code and page are as docs/doctor.md has them for a situation."""
        code, line = situations()[situation]
        return self.code == code and line in self.text

    def cells(self, way: str) -> set[str]:
        """Return what became of a way at all hooks: ``ok``, ``silent`` or the errno."""
        ways = [one for hook in self.told["hooks"] for one in hook["ways"] if one["way"] == way]
        return {"ok" if one["ok"] else one["why"].partition(":")[0] for one in ways}


def doctor(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, wherever it goes, with this checkout."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
