"""What a program in the kernel says of itself, and a run of it by hand."""

from __future__ import annotations

from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.call import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

    from pyicmp.bpf.program import Program

__all__ = ["EnabledStats", "ProgramInfo", "ProgramStats", "RunResult", "enable_stats"]

STATS_RUN_TIME = 0  # enum bpf_stats_type
OUT_ROOM = 256  # what a packet may grow by
F_TEST_RUN_ON_CPU = 1


class ProgramStats:
    """
    How often a program ran.

    Attributes:
        run_count: Runs while statistics were enabled.
        run_time_ns: The nanoseconds that they took together.
        recursion_misses: Runs that the kernel left out because the program was running already
            on that CPU; None where it does not count them (before 5.12).
    """

    __slots__ = ("recursion_misses", "run_count", "run_time_ns")

    def __init__(self, run_count: int, run_time_ns: int, recursion_misses: int | None) -> None:
        self.run_count, self.run_time_ns = run_count, run_time_ns
        self.recursion_misses = recursion_misses

    def __repr__(self) -> str:
        return f"<ProgramStats {self.run_count} runs, {self.run_time_ns} ns>"


class ProgramInfo:
    """
    What the kernel says of a program.

    Attributes:
        id: Its number in this kernel.
        tag: A hash of its instructions, in hexadecimal.
        verified_insns: How many instructions the verifier looked at, each path counted; None
            before Linux 5.16.
        stats: How often it ran.
    """

    __slots__ = ("id", "stats", "tag", "verified_insns")

    def __init__(
        self,
        id: int,  # noqa: A002 - the kernel's name
        tag: str,
        verified_insns: int | None,
        stats: ProgramStats,
    ) -> None:
        self.id, self.tag, self.verified_insns, self.stats = id, tag, verified_insns, stats

    def __repr__(self) -> str:
        return f"<ProgramInfo {self.id} {self.tag}>"


def program_info(program: Program) -> ProgramInfo:
    """Ask the kernel about *program*; offsets as in ``struct bpf_prog_info``."""
    from pyicmp.bpf.kernel_info import read_info

    info = read_info(f"program {program.name}", program.fileno())
    stats = ProgramStats(info.number(200, 8) or 0, info.number(192, 8) or 0, info.number(208, 8))
    return ProgramInfo(info.number(4, 4) or 0, info.bytes(8, 8).hex(), info.number(216, 4), stats)


class RunResult:
    """
    What came of a run by hand.

    Attributes:
        retval: What the program returned, as an unsigned number of 32 bits.
        data: The packet after the run; empty for programs that have none.
        ctx: The context after the run; empty for types that the kernel does not give back.
        duration_ns: Mean time of a run, nanoseconds.
    """

    __slots__ = ("ctx", "data", "duration_ns", "retval")

    def __init__(self, retval: int, data: bytes, ctx: bytes, duration_ns: int) -> None:
        self.retval, self.data, self.ctx, self.duration_ns = retval, data, ctx, duration_ns

    def __repr__(self) -> str:
        return f"<RunResult {self.retval}, {self.duration_ns} ns>"


def test_run(
    program: Program, ctx: bytes | None, data: bytes | None, repeat: int, cpu: int | None
) -> RunResult:
    """Run *program* by ``BPF_PROG_TEST_RUN``; see ``Program.test_run``."""
    run = ffi.new("struct pyicmp_run *")
    kept = []  # cffi frees a buffer with its last name
    for name, value in (("data", data), ("ctx", ctx)):
        if value is not None:
            room = len(value) + (OUT_ROOM if name == "data" else 0)
            # A copy: a syscall program writes into what it is given, and bytes must not change.
            given, out = ffi.new("char[]", value), ffi.new("char[]", max(room, 1))
            kept += [given, out]
            setattr(run, f"{name}_in", given)
            setattr(run, f"{name}_in_len", len(value))
            setattr(run, f"{name}_out", out)
            setattr(run, f"{name}_out_len", room)
    run.repeat = repeat if repeat > 1 else 0  # raw_tp takes no 1
    if cpu is not None:
        run.flags, run.cpu = F_TEST_RUN_ON_CPU, cpu
    if program.kind in _CONTEXT_IN_ONLY:
        run.ctx_out, run.ctx_out_len = ffi.NULL, 0
    check(
        f"cannot run {program.name}",
        lib.pyicmp_run,
        program.fileno(),
        run,
        call=f"bpf(BPF_PROG_TEST_RUN, {program.kind})",
    )
    out_data = bytes(ffi.buffer(run.data_out, run.data_out_len)) if data is not None else b""
    return RunResult(run.retval, out_data, _context_after(program, run, ctx), run.duration_ns)


def _context_after(program: Program, run: Any, ctx: bytes | None) -> bytes:
    if ctx is None:
        return b""
    if program.kind == "syscall":
        return bytes(ffi.buffer(run.ctx_in, len(ctx)))
    return bytes(ffi.buffer(run.ctx_out, run.ctx_out_len)) if run.ctx_out else b""


# The kernel refuses these with a buffer for the context after the run.
_CONTEXT_IN_ONLY = {"raw_tp", "syscall"}


class EnabledStats:
    """Holds the kernel's program statistics on, for all programs; off with the last holder."""

    def __init__(self) -> None:
        self._fd = check("cannot enable statistics", lib.bpf_enable_stats, STATS_RUN_TIME)

    def fileno(self) -> int:
        """Return the descriptor that holds them on."""
        return self._fd

    def close(self) -> None:
        """Let them go off; a second call does nothing."""
        import os

        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __enter__(self) -> EnabledStats:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def enable_stats() -> EnabledStats:
    """
    Let the kernel count runs and their time, until the result is closed.

    It costs two readings of the clock a run, some 20 to 40 ns, for every program on the host.

    Raises:
        NotPermitted: CAP_SYS_ADMIN is missing.

    Example:
        >>> with enable_stats():  # doctest: +SKIP
        ...     time.sleep(1)
        >>> program.stats  # doctest: +SKIP
        <ProgramStats 1042 runs, 93780 ns>
    """
    return EnabledStats()
