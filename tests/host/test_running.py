"""What a program in the kernel tells of itself, and a run of it by hand."""

from __future__ import annotations

import struct
import time

import pytest

from pyicmp import NotSupported, bpf
from tests.attaching import bpf_descriptors, loaded, ping

PACKET = bytes(12) + b"\x08\x00" + bytes(50)


def test_a_packet_is_given_by_hand() -> None:
    with loaded("on_xdp") as program:
        result = program.test_run(data=PACKET)
        assert (result.retval, result.data) == (2, PACKET)
        assert program.test_run(data=PACKET, repeat=1000).duration_ns < 100_000
    with loaded("on_tc") as program:
        assert program.test_run(data=PACKET).retval == 0xFFFFFFFF


def test_a_context_is_given_by_hand() -> None:
    with loaded("on_raw_tp") as program:
        assert program.test_run(ctx=struct.pack("=3Q", 1, 2, 3)).retval == 0
        assert program.test_run(cpu=0).retval == 0


def test_what_cannot_be_run_by_hand_says_so() -> None:
    with loaded("on_perf_event") as program, pytest.raises(NotSupported, match="cannot run"):
        program.test_run()
    with loaded("on_xdp") as program, pytest.raises(NotSupported, match="by hand"):
        program.test_run(data=b"")


def test_runs_are_counted_while_statistics_are_on() -> None:
    with loaded("on_raw_tp") as program, program.attach():
        ping()
        before = program.stats.run_count
        with bpf.enable_stats() as stats:
            assert stats.fileno() >= 0
            ping()
        counted = program.stats
        assert counted.run_count >= before + 2
        assert counted.run_time_ns > 0
        assert counted.recursion_misses is not None
        assert counted.recursion_misses >= 0
    assert not [name for name in bpf_descriptors() if "stats" in name]


def test_program_info() -> None:
    with loaded("on_xdp") as one, loaded("on_xdp") as other:
        assert one.id != other.id
        assert one.tag == other.tag
        assert len(bytes.fromhex(one.tag)) == 8
        assert one.verified_insns is None or one.verified_insns > 5


def test_features_are_quick_and_leave_nothing() -> None:
    before = bpf_descriptors()
    start = time.monotonic()
    answers = bpf.features.everything()
    assert time.monotonic() - start < 10
    assert bpf_descriptors() == before
    assert len(answers) == len({answer.question for answer in answers})
    assert all(answer.answer is not None for answer in answers)
    assert all(answer.reason for answer in answers if not answer)
    assert bpf.features.program_type("socket_filter")
    assert bpf.features.attach("raw_tp") is bpf.features.attach("raw_tp")
