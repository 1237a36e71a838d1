"""Programs: before the load (``OpenProgram``) and in the kernel (``Program``)."""

from __future__ import annotations

import errno

from pyicmp.bpf import host
from pyicmp.bpf._native import lib
from pyicmp.bpf.call import check, pointer, string
from pyicmp.bpf.link import Link
from pyicmp.bpf.section import parse_section
from pyicmp.bpf.symbols import resolve_symbol
from pyicmp.errors import BpfError, LifecycleError, NotSupported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf._native import CData
    from pyicmp.bpf.handle import Handle

__all__ = ["OpenProgram", "Program"]


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

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} ({self.section})>"


class OpenProgram(_Program):
    """A program that can still be left out of the load."""

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

    def attach(self, function: str | None = None) -> Link:
        """
        Attach to what the section names, or to *function*.

        Args:
            function: For kprobe and kretprobe: another kernel function than the section's. If
                the kernel has only a compiler-made twin of it, that is taken
                (``resolve_symbol``).

        Returns:
            A link, which detaches when it is closed.

        Raises:
            NotPermitted, NotSupported, BpfError: The kernel's refusal, explained.
            LifecycleError: The program was not loaded.
        """
        if self.fileno() < 0:
            raise LifecycleError(
                f"cannot attach {self.name}", "it was not loaded", "set its autoload before load()"
            )
        if self.kind in ("kprobe", "kretprobe"):
            return self._attach_kprobe(function or self.target or "")
        link = pointer(f"cannot attach {self.name}", lib.bpf_program__attach, self._pointer)
        return Link(link, self.target or self.section)

    def _attach_kprobe(self, function: str) -> Link:
        if not host.has_kprobe_pmu():
            raise NotSupported(
                f"cannot attach {self.name} to {function}",
                f"ENOENT: no {host.KPROBE_PMU} (no CONFIG_KPROBE_EVENTS, or no /sys)",
                "attach another way",
                errno=errno.ENOENT,
                call="bpf_program__attach_kprobe_opts",
            )
        try:
            return self._attach_symbol(function)
        except BpfError as error:
            if error.errno not in (errno.ENOENT, errno.EADDRNOTAVAIL):
                raise
        # Only now, since reading /proc/kallsyms takes longer than all of the start besides.
        return self._attach_symbol(resolve_symbol(function))

    def _attach_symbol(self, symbol: str) -> Link:
        link = pointer(
            f"cannot attach {self.name} to {symbol}",
            lib.pyicmp_attach_kprobe,
            self._pointer,
            symbol.encode(),
            self.kind == "kretprobe",
        )
        return Link(link, symbol)
