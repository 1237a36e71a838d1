"""The project's working tree, and the job to run, as cpio archives laid over a root."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from .cpio import Cpio

PROJECT = Path(__file__).resolve().parents[3]
GUEST_FOLDER = "pyicmp"
MADE = (
    *("build/*", "build/tests/**/*", "build/bench/*", "build/examples/*"),
    *("dist/**/*", "pyicmp/bpf/_native*.so"),
)
"""Files that git ignores and a guest needs; build/ also has the host's virtual environments."""
OTHERS = "build/machines/*/build/icmp.bpf.o"
TOO_BIG = 16 << 20


def _files(made: str) -> Iterator[tuple[str, Path]]:
    """Every file of the working tree that a guest gets: its name there, and where it is."""
    argv = ["git", "-C", str(PROJECT), "ls-files", "-z", "-co", "--exclude-standard"]
    listing = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    yield from ((name, PROJECT / name) for name in filter(None, listing.split("\0")))
    base = PROJECT / made
    for pattern in MADE:
        for path in base.glob(pattern):
            yield str(path.relative_to(base)), path
    for path in PROJECT.glob(OTHERS):
        yield str(path.relative_to(PROJECT)), path


def write_project(out: BinaryIO, made: str) -> None:
    """Write the project at /pyicmp, with what is in its folder ``made``, and init at /init."""
    with Cpio(out) as cpio:
        for name, path in sorted(dict(_files(made)).items()):
            if path.is_symlink() or (path.is_file() and path.stat().st_size <= TOO_BIG):
                cpio.path(f"{GUEST_FOLDER}/{name}", path)
        cpio.path("init", Path(__file__).with_name("init"))


FSTAB = """\
devpts /dev/pts devpts
tmpfs /dev/shm tmpfs mode=1777
tmpfs /run tmpfs
tmpfs /tmp tmpfs mode=1777
debugfs /sys/kernel/debug debugfs
tracefs /sys/kernel/tracing tracefs nofail
securityfs /sys/kernel/security securityfs
bpf /sys/fs/bpf bpf
cgroup2 /sys/fs/cgroup cgroup2
"""


def write_job(out: BinaryIO, command: Sequence[str], env: Mapping[str, str]) -> None:
    """Write what init runs and the variables that it reads."""
    lines = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in env.items())
    with Cpio(out) as cpio:
        cpio.file(".job/command", f"exec {shlex.join(command)}\n".encode())
        cpio.file(".job/fstab", FSTAB.encode())
        cpio.file(".job/env", lines.encode())
