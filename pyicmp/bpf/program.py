"""Programs: before the load (``OpenProgram``) and in the kernel (``Program``)."""

from __future__ import annotations

from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.call import check, string
from pyicmp.bpf.section import parse_section, section_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typing_extensions import Unpack

    from pyicmp.bpf._native import CData
    from pyicmp.bpf.attach.options import AttachOptions
    from pyicmp.bpf.handle import Handle
    from pyicmp.bpf.link import Link
    from pyicmp.bpf.running import ProgramInfo, ProgramStats, RunResult

__all__ = ["OpenProgram", "Program"]

F_SLEEPABLE = 1 << 4  # BPF_F_SLEEPABLE


class _Program:
    """
    What a program is, loaded or not.

    Attributes:
        name: The C function's name.
        section: The ELF section's name, as ``kretprobe/ip_rcv_core``.
        kind: Its part before the slash: how it attaches.
        target: Its part after the slash, or None.
    """

    def __init__(self, handle: Handle, pointer: CData) -> None:
        self._handle, self._pointer = handle, pointer
        self.name = string(lib.bpf_program__name(pointer))
        self.section = string(lib.bpf_program__section_name(pointer))
        self.kind, self.target, self._autoload = parse_section(self.section)
        self.target = handle.targets.get(self.name, self.target)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} ({self.section})>"


class OpenProgram(_Program):
    """A program that can still be changed, or left out of the load."""

    def __init__(self, handle: Handle, pointer: CData) -> None:
        super().__init__(handle, pointer)
        known = not lib.bpf_program__type(pointer) and section_type(self.section)
        if known:  # libbpf older than the section's kind
            lib.bpf_program__set_type(pointer, known[0])
            lib.bpf_program__set_expected_attach_type(pointer, known[1])

    def _set(self, what: str, function: Callable[..., int], *values: object) -> None:
        self._handle.require_open()
        check(f"cannot set {what} of {self.name}", function, self._pointer, *values)

    @property
    def prog_type(self) -> int:
        """The kernel's ``enum bpf_prog_type``; may be set."""
        return lib.bpf_program__type(self._pointer)

    @prog_type.setter
    def prog_type(self, number: int) -> None:
        self._set("prog_type", lib.bpf_program__set_type, number)

    @property
    def expected_attach_type(self) -> int:
        """The kernel's ``enum bpf_attach_type``, for the kinds that need it; may be set."""
        return lib.bpf_program__expected_attach_type(self._pointer)

    @expected_attach_type.setter
    def expected_attach_type(self, number: int) -> None:
        self._set("expected_attach_type", lib.bpf_program__set_expected_attach_type, number)

    @property
    def sleepable(self) -> bool:
        """Whether it may sleep (``BPF_F_SLEEPABLE``); may be set, if hook and maps allow it."""
        return bool(lib.bpf_program__flags(self._pointer) & F_SLEEPABLE)

    @sleepable.setter
    def sleepable(self, on: bool) -> None:
        flags = lib.bpf_program__flags(self._pointer) & ~F_SLEEPABLE
        self._set("sleepable", lib.bpf_program__set_flags, flags | (F_SLEEPABLE if on else 0))

    def set_log_level(self, level: int) -> None:
        """
        Let the verifier say more: 1 is the usual log, 2 each step's registers, 4 statistics.

        The log is in the error, or in ``last_log()`` if the load succeeds.
        """
        self._set("log level", lib.bpf_program__set_log_level, level)

    @property
    def attach_target(self) -> str | None:
        """
        The function, tracepoint or hook that fentry, fexit, tp_btf, lsm, iter are loaded for.

        It may be set, to another one of the kernel's BTF; ``set_attach_target()`` also takes
        a program.
        """
        return self.target

    @attach_target.setter
    def attach_target(self, function: str) -> None:
        self.set_attach_target(function)

    def set_attach_target(self, function: str, program: Program | None = None) -> None:
        """
        Choose what the program is loaded for.

        Args:
            function: A kernel function, tracepoint or hook; or a function of *program*.
            program: A loaded BPF program, for freplace and for fentry on BPF.

        Raises:
            NotSupported: The kernel's BTF has no such function.
        """
        self._set(
            f"attach_target {function}",
            lib.bpf_program__set_attach_target,
            program.fileno() if program else 0,
            ffi.new("char[]", function.encode()),
        )
        self.target = self._handle.targets[self.name] = function

    @property
    def autoload(self) -> bool:
        """Whether ``load()`` gives it to the kernel; may be set."""
        return self._autoload

    @autoload.setter
    def autoload(self, on: bool) -> None:
        self._handle.require_open()
        check(
            f"cannot set autoload of {self.name}", lib.bpf_program__set_autoload, self._pointer, on
        )
        self._autoload = on


class Program(_Program):
    """A program in the kernel."""

    def fileno(self) -> int:
        """Return its file descriptor; below zero if it was not loaded (autoload off)."""
        self._handle.require_loaded()
        return lib.bpf_program__fd(self._pointer)

    @property
    def recursion_misses(self) -> int | None:
        """How often the kernel skipped it because it was running already; None before 5.12."""
        with open(f"/proc/self/fdinfo/{self.fileno()}", encoding="ascii") as file:
            for line in file:
                if line.startswith("recursion_misses:"):
                    return int(line.split()[1])
        return None

    @property
    def pointer(self) -> CData:
        """Libbpf's own program."""
        self._handle.require_loaded()
        return self._pointer

    @property
    def links(self) -> set[Link]:
        """Where the object's open links are listed."""
        return self._handle.links

    @property
    def expected_attach_type(self) -> int:
        """The kernel's number for the hook that it was loaded for."""
        return lib.bpf_program__expected_attach_type(self.pointer)

    @property
    def info(self) -> ProgramInfo:
        """What the kernel says of it: id, tag, verified instructions, statistics."""
        from pyicmp.bpf.running import program_info

        return program_info(self)

    @property
    def id(self) -> int:
        """Its number in this kernel."""
        return self.info.id

    @property
    def tag(self) -> str:
        """A hash of its instructions, in hexadecimal."""
        return self.info.tag

    @property
    def verified_insns(self) -> int | None:
        """How many instructions the verifier looked at; None before Linux 5.16."""
        return self.info.verified_insns

    @property
    def stats(self) -> ProgramStats:
        """How often it ran and how long; both 0 unless ``bpf.enable_stats()`` was in force."""
        return self.info.stats

    def test_run(
        self,
        ctx: bytes | None = None,
        *,
        data: bytes | None = None,
        repeat: int = 1,
        cpu: int | None = None,
    ) -> RunResult:
        """
        Run the program by hand, attached to nothing.

        Args:
            ctx: The context, as the type has it: for raw_tp the arguments, 8 bytes each.
            data: A packet, for xdp, tc, cgroup_skb and their like: from the Ethernet header on.
            repeat: How many runs; ``duration_ns`` is their mean. Not for raw_tp.
            cpu: For raw_tp: the CPU to run on.

        Raises:
            NotSupported: The kernel runs no program of this type by hand (ENOTSUP), or not with
                such arguments (EINVAL).

        Example:
            >>> obj.programs["on_packet"].test_run(data=bytes(64)).retval  # doctest: +SKIP
            2
        """
        from pyicmp.bpf.running import test_run

        return test_run(self, ctx, data, repeat, cpu)

    def attach(
        self,
        function: str | Sequence[str] | None = None,
        *,
        kind: str | None = None,
        **options: Unpack[AttachOptions],
    ) -> Link:
        """
        Attach to what the section names, or to what the arguments say.

        Args:
            function: For kprobe, kretprobe and uprobe: a function, if not the section's. If
                the kernel has only a compiler-made twin of it, that is taken
                (``resolve_symbol``). For kprobe.multi also a pattern or a list.
            kind: How, if not as the section says: ``kretprobe``, ``xdp`` …; the kernel refuses
                what does not fit the program's type.
            options: What that kind takes, see ``pyicmp/bpf/attach``: ``interface`` for xdp,
                tcx and tc, ``cgroup``, ``binary`` and ``pid`` for uprobe, ``tracepoint`` …

        Returns:
            A link, which detaches when it or its object is closed.

        Raises:
            NotPermitted, NotSupported, BpfError: The kernel's refusal, explained.
            UsageError: An argument is missing, or does not go with the kind.
            LifecycleError: The program was not loaded.

        Example:
            >>> obj.programs["on_packet"].attach(interface="eth0")  # doctest: +SKIP
            <Link xdp eth0>
        """
        from pyicmp.bpf.attach import attach

        given: dict[str, object] = dict(options)
        if function is not None:
            given["function"] = function
        return attach(self, kind or self.kind, given)
