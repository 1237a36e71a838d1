"""Alternatives, chosen by trying."""

from __future__ import annotations

import errno

import pytest

from pyicmp.bpf.plan import Plan, Way
from pyicmp.errors import BpfError, NotPermitted, NotSupported, ObjectError, PyicmpError


def refuse(error: PyicmpError) -> Way[str]:
    def attempt() -> str:
        raise error

    return Way(f"way {error.what}", attempt)


def test_the_first_that_works_is_taken() -> None:
    absent = NotSupported("a", "ENOENT: not there", errno=errno.ENOENT)
    plan = Plan("go", [refuse(absent), Way("on foot", lambda: "there", "is slower")])
    assert plan.choose() == "there"
    assert plan.explain() == ["go: on foot", "not by way a: ENOENT: not there", "on foot is slower"]


def test_all_fail_for_one_reason() -> None:
    first, second = (NotPermitted(what, "EPERM: missing CAP_BPF", "sudo", errno=1) for what in "ab")
    with pytest.raises(NotPermitted) as caught:
        Plan("go", [refuse(first), refuse(second)]).choose()
    assert caught.value is first


def test_all_fail_for_different_reasons() -> None:
    """What a privilege would change comes first; a kernel without is another matter."""
    failures = [
        NotPermitted("a", "EACCES: paranoid", "sysctl", errno=errno.EACCES, log="one"),
        NotSupported("b", "ENOENT: not there", "look", errno=errno.ENOENT, log="two"),
    ]
    with pytest.raises(NotPermitted) as caught:
        Plan("go", [refuse(error) for error in failures]).choose()
    assert str(caught.value) == (
        "cannot go; tried way a (EACCES: paranoid), way b (ENOENT: not there); sysctl"
    )
    assert caught.value.errno == errno.EACCES
    assert caught.value.log == "one\ntwo"


def test_not_supported_if_no_privilege_is_the_matter() -> None:
    failures = [NotSupported("a", "x", errno=1), BpfError("b", "y", errno=1)]
    with pytest.raises(NotSupported):
        Plan("go", [refuse(error) for error in failures]).choose()


def test_what_is_not_the_kernels_refusal_is_not_tried_around() -> None:
    with pytest.raises(ObjectError):
        Plan("go", [refuse(ObjectError("damaged")), Way("b", lambda: "there")]).choose()


def test_a_plain_failure_is_tried_around() -> None:
    plan = Plan("go", [refuse(BpfError("a", "EIO: x", errno=5)), Way("b", lambda: "there")])
    assert plan.choose() == "there"
