"""``python3 -m pyicmp.bpf features``: yes, no, or cannot tell, with the reason."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pyicmp import UsageError, bpf
from tests.situations import AS_USER
from tests.tracing import ROOT


def table(*prefix: str) -> dict[str, tuple[str, str]]:
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "pyicmp.bpf", "features"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = {}
    for line in done.stdout.splitlines():
        word, _, reason = line[37:].strip().partition("  ")
        rows[line[:37].strip()] = (word, reason.strip())
    return rows


def test_root_is_told_yes_or_no() -> None:
    told = table()
    assert len(told) > 60
    assert {word for word, _ in told.values()} <= {"yes", "no"}
    assert told["attach raw_tp"] == ("yes", "")


def test_a_user_cannot_be_told() -> None:
    told = table(*AS_USER)
    assert told["attach raw_tp"][0] == "cannot tell"
    assert told["program xdp"] == ("cannot tell", "missing CAP_BPF and CAP_PERFMON")
    assert told["btf vmlinux"] == ("yes", "")


def test_another_word_is_an_error() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pyicmp.bpf", "feature"], cwd=ROOT, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, b"usage: python3 -m pyicmp.bpf features\n")


def test_a_wrong_question_is_answered_by_the_right_one() -> None:
    with pytest.raises(UsageError, match="did you mean ringbuf"):
        bpf.features.map_type("ringbuff")
    with pytest.raises(UsageError, match=r"did you mean kprobe\.multi"):
        bpf.features.attach("kprobe_multi")
