"""Booting one guest: the QEMU command, its console, its time limit, its result."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .images import KernelImage, headers_image, kernel_image, tidied
from .overlay import write_job, write_project
from .report import Report, parse_report
from .roots import root_image
from .table import MACHINES, HarnessError, Kernel, Machine, root_for

TAIL_LINES = 40
# Under emulation a kernel dies now and then before init, patching its own code: not the project's
# doing, and nothing of it has run. Later, a crash is a failure.
BOOTS_MAX = 3
BOOT_SECONDS = 180
# An oops must not pass for a slow test; panic=-1 resets at once, which -no-reboot makes an exit.
CMDLINE = "panic=-1 oops=panic quiet"
# One instruction takes one nanosecond of the guest's time, idle time none of ours, and two runs
# are alike to the last instruction: what a clock measures in the guest is a count.
COUNTING = (
    *("-icount", "shift=0,sleep=off", "-seed", "1"),
    *("-rtc", "base=2026-01-01,clock=vm"),
)
COUNTING_CMDLINE = "nokaslr norandmaps tsc=reliable"


@dataclass(frozen=True)
class Job:
    """A command to run in a guest; ``counting`` makes its clocks count instructions of one CPU."""

    kernel: Kernel
    command: tuple[str, ...]
    root: str = ""
    append: str = ""
    timeout: float = 120
    smp: int = 2
    mem: int = 1536
    interactive: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    counting: bool = False


@dataclass(frozen=True)
class Result:
    """What became of a job; only guests that ended properly give one."""

    rc: int
    files: dict[str, bytes]
    console: str
    release: str
    seconds: float
    boots: int = 1

    @property
    def tail(self) -> str:
        """The last lines of the console."""
        return "\n".join(self.console.splitlines()[-TAIL_LINES:])


class GuestError(HarnessError):
    """A guest that crashed, hung or never said how it ended; shows the end of its console."""

    def __init__(self, kernel: Kernel, what: str, console: str) -> None:
        """Describe ``what`` happened and show the console."""
        tail = console.splitlines()[-TAIL_LINES:]
        shown = "\n".join(f"  | {line}" for line in tail) or "  | (nothing)"
        super().__init__(f"kernel {kernel.series}: {what}; end of its console:\n{shown}")


def qemu_argv(machine: Machine, job: Job, image: KernelImage, folder: Path) -> list[str]:
    """The QEMU command line; the second serial port goes to a file."""
    counting = COUNTING_CMDLINE if job.counting else ""
    append = " ".join(f"console={machine.console} {CMDLINE} {counting} {job.append}".split())
    console = "mon:stdio" if job.interactive else "stdio"
    return [
        "setpriv", "--pdeathsig", "KILL", machine.qemu, *machine.args,
        *(COUNTING if job.counting else ()),
        "-smp", "1" if job.counting else str(job.smp), "-m", str(job.mem),
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-kernel", str(image.vmlinuz), "-initrd", str(folder / "initrd"), "-append", append,
        "-serial", console, "-chardev", f"file,id=report,path={folder / 'report'}",
        *machine.report_args,
    ]  # fmt: skip


def _write_initrd(target: Path, job: Job, machine: Machine, image: KernelImage) -> None:
    """Lay modules, project and job over the root: kernels take archives end to end."""
    linger = "0" if job.interactive else "5"
    env = {
        "CONSOLE": machine.console, "REPORT": machine.report, "MODULES": " ".join(machine.modules),
        "LINGER": linger, **job.env,
    }  # fmt: skip
    root = root_for(job.kernel, job.root)
    headers = [headers_image(job.kernel)] if root.compiles else []
    with target.open("wb") as out:
        for part in (root_image(root), image.modules, *headers):
            with part.open("rb") as source:
                shutil.copyfileobj(source, out, 1 << 20)
        write_project(out, machine.made)
        write_job(out, job.command, env)


@contextmanager
def prepared(job: Job) -> Iterator[tuple[list[str], KernelImage, Path]]:
    """Make everything a guest needs; yields QEMU's command, the kernel and a scratch folder."""
    machine = MACHINES[job.kernel.arch]
    image = kernel_image(job.kernel)
    with tempfile.TemporaryDirectory(dir=tidied("guests", days=1)) as scratch:
        folder = Path(scratch)
        _write_initrd(folder / "initrd", job, machine, image)
        yield qemu_argv(machine, job, image, folder), image, folder


class _Guest:
    """A running QEMU, stopped when its report is complete or its time is up."""

    def __init__(self, argv: list[str], report: Path, timeout: float) -> None:
        try:
            self.qemu = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
        except FileNotFoundError:
            raise HarnessError(f"{argv[0]}: not installed on this machine") from None
        self.report = report
        self.deadline = time.monotonic() + timeout
        self.late = False
        self.watcher = threading.Thread(target=self._watch)
        self.watcher.start()

    def _watch(self) -> None:
        give_up = time.monotonic() + BOOT_SECONDS
        while self.qemu.poll() is None:
            report, now = self.read_report(), time.monotonic()
            self.late = now > (self.deadline if report.began else min(give_up, self.deadline))
            # The guest has drained its console before it says rc: nothing is lost by stopping here.
            if self.late or report.rc is not None:
                self.qemu.kill()
            time.sleep(0.05)

    def read_report(self) -> Report:
        return parse_report(self.report.read_bytes() if self.report.exists() else b"")

    def console(self, sink: Callable[[bytes], object]) -> bytes:
        """Read the console to its end, handing it on as it comes."""
        assert self.qemu.stdout
        chunks = []
        try:
            while chunk := os.read(self.qemu.stdout.fileno(), 65536):
                chunks.append(chunk)
                sink(chunk)
        finally:
            self.qemu.kill()
            self.watcher.join()
            self.qemu.wait()
            self.qemu.stdout.close()
        return b"".join(chunks)


def boot(job: Job, sink: Callable[[bytes], object] = lambda chunk: None) -> Result:
    """Run a job in a fresh guest, handing its console to ``sink`` as it comes.

    A guest that does not come as far as init is booted again. Raises GuestError unless the guest
    itself reported the command's exit code.
    """
    with prepared(job) as (argv, image, folder):
        started, boots, report = time.monotonic(), 0, parse_report(b"")
        while not report.began and boots < BOOTS_MAX:
            boots += 1
            (folder / "report").unlink(missing_ok=True)
            guest = _Guest(argv, folder / "report", job.timeout)
            console = guest.console(sink).decode(errors="replace").replace("\r", "")
            report = guest.read_report()
    if report.rc is None:
        what = f"no end after {job.timeout:g} s" if guest.late else "ended without an exit code"
        if not report.began:
            what = f"did not come as far as init, {boots} times"
        raise GuestError(job.kernel, f"{what}: {shlex.join(job.command)}", console)
    seconds = time.monotonic() - started
    return Result(report.rc, report.files, console, image.release, seconds, boots)


def interact(job: Job) -> int:
    """Run a job with the terminal as the guest's console."""
    with prepared(job) as (argv, _, _):
        return subprocess.run(argv, check=False).returncode
