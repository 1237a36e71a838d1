"""
What this kernel can do for this process, found by trying: yes, no, or cannot tell, and why.

Answers are kept, but for those that could not be told. A trial leaves nothing behind; those of
network hooks run in a network namespace of their own.
"""

from __future__ import annotations

import errno as errnos

from pyicmp.bpf import host
from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.hints import errno_name
from pyicmp.errors import BpfError, NotPermitted, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Answer",
    "attach",
    "btf",
    "everything",
    "helper",
    "map_type",
    "program_type",
    "token",
]

# enum bpf_prog_type, bpf_map_type and bpf_func_id: those that programs are commonly made for.
PROGRAMS = {
    "socket_filter": 1, "kprobe": 2, "sched_cls": 3, "tracepoint": 5, "xdp": 6, "perf_event": 7,
    "cgroup_skb": 8, "cgroup_sock": 9, "sock_ops": 13, "sk_skb": 14, "cgroup_device": 15,
    "sk_msg": 16, "raw_tracepoint": 17, "cgroup_sock_addr": 18, "flow_dissector": 22,
    "cgroup_sysctl": 23, "cgroup_sockopt": 25, "tracing": 26, "struct_ops": 27,
    "lsm": 29, "sk_lookup": 30, "syscall": 31, "netfilter": 32,
}  # fmt: skip
MAPS = {
    "hash": 1, "array": 2, "prog_array": 3, "perf_event_array": 4, "percpu_hash": 5,
    "percpu_array": 6, "stack_trace": 7, "lru_hash": 9, "lpm_trie": 11, "array_of_maps": 12,
    "devmap": 14, "sockmap": 15, "xskmap": 17, "queue": 22, "stack": 23, "sk_storage": 24,
    "ringbuf": 27, "inode_storage": 28, "task_storage": 29, "bloom_filter": 30,
    "user_ringbuf": 31, "cgrp_storage": 32, "arena": 33,
}  # fmt: skip
HELPERS = {
    "probe_read_kernel": 113, "ringbuf_output": 130, "get_func_ip": 173, "get_attach_cookie": 174,
    "loop": 181, "ktime_get_tai_ns": 208,
}  # fmt: skip
# Attach type and hook of those that libbpf 1.1 does not try, or only by fentry.
OWN_TRIAL = {"netfilter": (45, ""), "tracing": (23, "task_rename"), "lsm": (27, "syslog")}
PASSING = {errnos.ENOMEM, errnos.EMFILE, errnos.ENFILE, errnos.EAGAIN, errnos.EINTR, errnos.EBUSY}
_known: dict[str, Answer] = {}


class Answer:
    """
    The answer to one question.

    Attributes:
        question: What was asked, as ``attach kprobe.multi``.
        answer: True, False, or None if it cannot be told.
        reason: Why, for people; empty for a plain yes.

    Example:
        >>> str(Answer("map ringbuf", True))
        'map ringbuf: yes'
    """

    __slots__ = ("answer", "question", "reason")

    def __init__(self, question: str, answer: bool | None, reason: str = "") -> None:
        self.question, self.answer, self.reason = question, answer, reason

    @property
    def word(self) -> str:
        """``yes``, ``no`` or ``cannot tell``."""
        return "cannot tell" if self.answer is None else "yes" if self.answer else "no"

    def __str__(self) -> str:
        return f"{self.question}: {self.word}{f' ({self.reason})' if self.reason else ''}"

    def __repr__(self) -> str:
        return f"<Answer {self}>"

    def __bool__(self) -> bool:
        """Whether it is known to be there."""
        return self.answer is True


def _ask(question: str, trial: Callable[[], tuple[bool | None, str]]) -> Answer:
    if question not in _known:
        answer = Answer(question, *_tried(trial))
        if answer.answer is None:
            return answer
        _known[question] = answer
    return _known[question]


def _tried(trial: Callable[[], tuple[bool | None, str]]) -> tuple[bool | None, str]:
    try:
        return trial()
    except NotPermitted as error:
        return None, error.why
    except BpfError as error:
        return (None if error.errno in PASSING else False), error.why


def _number(question: str, name: str, numbers: dict[str, int]) -> int:
    if name not in numbers:
        from pyicmp.bpf.btf.shape import did_you_mean

        raise UsageError(
            f"cannot ask about {question} {name}",
            f"known are {', '.join(numbers)}",
            did_you_mean(name, numbers),
        )
    return numbers[name]


def _probed(result: int) -> tuple[bool | None, str]:
    """Translate what libbpf's probes return; below zero they could not tell."""
    missing = host.missing_capabilities()
    if missing and result <= 0:
        return None, f"missing {' and '.join(missing)}"
    if result < 0:
        return None, f"{errno_name(-result)} from libbpf's probe"
    return bool(result), "" if result else "this kernel refuses it"


def program_type(name: str) -> Answer:
    """
    Ask whether programs of a type can be loaded.

    Args:
        name: The kernel's name in lower case: ``xdp``, ``raw_tracepoint`` …
    """
    number = _number("program type", name, PROGRAMS)

    def trial() -> tuple[bool | None, str]:
        if name in OWN_TRIAL:
            from pyicmp.bpf.trials import load

            load(number, *OWN_TRIAL[name])
            return True, ""
        return _probed(lib.libbpf_probe_bpf_prog_type(number, ffi.NULL))

    return _ask(f"program {name}", trial)


def map_type(name: str) -> Answer:
    """
    Ask whether maps of a type can be made.

    Args:
        name: The kernel's name in lower case: ``ringbuf``, ``lpm_trie`` …
    """
    number = _number("map type", name, MAPS)

    def trial() -> tuple[bool | None, str]:
        if name == "arena":  # libbpf 1.1 does not know it
            from pyicmp.bpf.trials import make_arena

            return make_arena(number), ""
        return _probed(lib.libbpf_probe_bpf_map_type(number, ffi.NULL))

    return _ask(f"map {name}", trial)


def helper(name: str, program: str = "kprobe") -> Answer:
    """
    Ask whether programs of a type may call a helper.

    Args:
        name: Without ``bpf_``: ``ringbuf_output``, ``loop`` …
        program: The type of program, as in ``program_type()``.
    """
    number = _number("helper", name, HELPERS)
    kind = _number("program type", program, PROGRAMS)
    return _ask(
        f"helper {name} in {program}",
        lambda: _probed(lib.libbpf_probe_bpf_helper(kind, number, ffi.NULL)),
    )


def attach(kind: str) -> Answer:
    """
    Ask whether one can attach by *kind*, by attaching for a moment where it does no harm.

    Args:
        kind: ``kprobe``, ``kprobe.multi``, ``fentry``, ``tcx`` …, as in section names; or
            ``perf_link``: whether perf events (kprobe, uprobe, tracepoint) are links.
    """
    from pyicmp.bpf.trials import TRIALS

    if kind not in TRIALS:
        _number("attaching by", kind, dict.fromkeys(TRIALS, 0))

    def trial() -> tuple[bool | None, str]:
        TRIALS[kind]()
        return True, ""

    return _ask(f"attach {kind}", trial)


def btf() -> Answer:
    """Ask whether the kernel offers its own BTF, which CO-RE objects need."""

    def trial() -> tuple[bool | None, str]:
        there = host.has_btf()
        return there, "" if there else f"cannot read {host.KERNEL_BTF}; give one by btf="

    return _ask("btf vmlinux", trial)


def token() -> Answer:
    """Ask whether the kernel has BPF tokens (Linux 6.9), by which a container may be let in."""
    from pyicmp.bpf.trials import token_exists

    return _ask("token", lambda: (token_exists(), ""))


def everything() -> list[Answer]:
    """Ask all there is to ask: some 70 questions, half a second."""
    from pyicmp.bpf.trials import TRIALS

    return [
        btf(),
        *map(attach, TRIALS),
        *map(program_type, PROGRAMS),
        *map(map_type, MAPS),
        *map(helper, HELPERS),
        token(),
    ]
