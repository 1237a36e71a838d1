"""What a host may be like for a run: its privileges, the kernel's BTF, the kernel's settings."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.tracing import OBJECT, ROOT

BTF = Path("/sys/kernel/btf/vmlinux")
PARANOID = Path("/proc/sys/kernel/perf_event_paranoid")

AS_USER = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
NO_CAPABILITIES = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
_TRACING = "-all,+bpf,+perfmon"
# Of root's user, with whom it shares what is counted by user.
AS_TRACER = ("setpriv", f"--bounding-set={_TRACING}", f"--inh-caps={_TRACING}")


def as_user_with(*capabilities: str) -> tuple[str, ...]:
    """Return what becomes an ordinary user with these capabilities and no others."""
    only = ",".join(("-all", *(f"+{name}" for name in capabilities)))
    return (
        *AS_USER,
        *(f"--{which}={only}" for which in ("bounding-set", "inh-caps", "ambient-caps")),
    )


@contextmanager
def holding(path: Path, value: str) -> Iterator[None]:
    """Give a file another value for a while."""
    before = path.read_text()
    path.write_text(value)
    try:
        yield
    finally:
        path.write_text(before)


@contextmanager
def btf_hidden() -> Iterator[None]:
    """Hide the kernel's BTF for a while."""
    subprocess.run(["mount", "-t", "tmpfs", "none", str(BTF.parent)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(BTF.parent)], check=True)


@contextmanager
def btf_cut() -> Iterator[Path]:
    """Yield a directory, open to all, with what ``pyicmp minbtf`` cuts of the kernel's BTF."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        command = ("minbtf", str(OBJECT), str(BTF), "-o", folder)
        subprocess.run([sys.executable, "-m", "pyicmp", *command], cwd=ROOT, check=True)
        yield Path(folder)
