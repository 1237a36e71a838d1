"""Kernels that no archive has ready to boot: compiled here from a distribution's sources, once."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .archive import run, say
from .cpio import Cpio
from .table import COMPILED_CONFIG, HarnessError, Source

APT_HELPER = "/usr/lib/apt/apt-helper"


def compile_kernel(source: Source, scratch: Path, made: Path) -> None:
    """
    Fetch, edit and compile a kernel: ``vmlinuz``, and an archive with its BTF in /boot.

    Half an hour of a busy machine, at the lowest priority.
    """
    tree = scratch / "tree"
    _unpack(source, scratch, tree)
    for path, script in source.edits:
        run(["sed", "-i", script, str(tree / path)])
    config = scratch / "config"
    config.write_text(f"{COMPILED_CONFIG.read_text()}{source.config}")
    say(f"compiling Linux {source.release}; the log is {scratch}/log")
    for arguments in ((f"KCONFIG_ALLCONFIG={config}", "allnoconfig"), ("bzImage",)):
        _make(tree, scratch / "log", *arguments)
    made.mkdir()
    (tree / "arch/x86/boot/bzImage").rename(made / "vmlinuz")
    btf = scratch / "btf"
    run(["pahole", f"--btf_encode_detached={btf}", str(tree / "vmlinux")])
    with (made / "modules.cpio").open("wb") as out, Cpio(out) as cpio:
        cpio.path(f"boot/{source.release}.btf", btf)
        cpio.path(f"boot/config-{source.release}", tree / ".config")


def _unpack(source: Source, scratch: Path, tree: Path) -> None:
    package = scratch / "source.deb"
    say(f"fetching {source.url}")
    run([APT_HELPER, "download-file", source.url, str(package), f"SHA256:{source.sha256}"])
    run(["dpkg-deb", "-x", str(package), str(scratch)])
    tars = [path for path in scratch.glob("usr/src/**/*.tar.*") if not path.is_symlink()]
    tree.mkdir()
    run(["tar", "-C", str(tree), "--strip-components=1", "-xf", str(tars[0])])


def _make(tree: Path, log: Path, *arguments: str) -> None:
    argv = ["nice", "-n", "19", "make", "-C", str(tree), "ARCH=x86_64", "LOCALVERSION=", *arguments]
    with log.open("w") as out:
        done = subprocess.run(argv, stdout=out, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        wrong = [line for line in log.read_text().splitlines() if "error" in line.lower()]
        raise HarnessError(f"make {arguments[-1]} failed: {(wrong or ['no message'])[0]}")
