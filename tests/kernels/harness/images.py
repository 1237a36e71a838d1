"""Kernels as files that QEMU can boot, fetched once and kept in the cache."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from .archive import cache_dir, choice_for, download, locked, pass_over, run, say
from .compiled import compile_kernel
from .cpio import Cpio
from .table import MODULES, HarnessError, Kernel
from .versions import Choice

RECIPE = "5"
"""Raise this when the way that roots or kernels are made changes: cached ones are made again."""
COMPILED_RECIPE = "1"
"""Likewise for kernels that are compiled, which takes long."""


@dataclass(frozen=True)
class KernelImage:
    """A kernel ready to boot."""

    release: str
    vmlinuz: Path
    modules: Path


def tidied(name: str, days: float = 30) -> Path:
    """Make a folder of the cache, or take out of it what was not used for so many days."""
    folder = cache_dir() / name
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if time.time() - path.stat().st_mtime < days * 24 * 3600:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return folder


def _dependencies(listing: str, wanted: Iterable[str]) -> list[str]:
    """Expand ``wanted`` (beginnings of paths) by the lines of a modules.dep file."""
    needs = {}
    for line in listing.splitlines():
        name, _, rest = line.partition(":")
        needs[name] = rest.split()
    beginnings = tuple(wanted)
    chosen = {name for name in needs if name.startswith(beginnings)}
    return sorted(chosen.union(*(needs[name] for name in chosen)))


def _pack_modules(tree: Path, release: str, target: Path) -> None:
    """Write the modules that tests need, as a cpio archive."""
    lib = next(p for p in (tree / "lib/modules", tree / "usr/lib/modules") if p.is_dir())
    base = lib.parents[1]
    if base != tree:
        # depmod -b looks in lib/modules only
        (tree / "lib").symlink_to("usr/lib")
    full = tree / "lib/modules" / release
    run(["depmod", "-b", str(tree), release])
    names = _dependencies((full / "modules.dep").read_text(), MODULES)
    for module in full.rglob("*.ko*"):
        if str(module.relative_to(full)) not in names:
            module.unlink()
    plain = [str(path) for path in full.rglob("*.ko")]
    if plain:
        run(["xz", "-1", "-T0", "--check=crc32", *plain])
    run(["depmod", "-b", str(tree), release])
    with target.open("wb") as out, Cpio(out) as cpio:
        for path in sorted(full.rglob("*")):
            if path.is_file() and path.name not in ("vmlinuz", "System.map"):
                cpio.path(f"usr/lib/modules/{release}/{path.relative_to(full)}", path)
        for config in (*tree.glob(f"boot/config-{release}"), *full.glob("config")):
            cpio.path(f"boot/config-{release}", config)


def kernel_folder(choice: Choice) -> Path:
    """Where the cache keeps a kernel; it exists once the kernel is unpacked."""
    recipe = RECIPE if choice.packages else COMPILED_RECIPE
    return cache_dir() / "kernels" / f"{choice.release}_{choice.version}.{recipe}"


def _unpack(choice: Choice, arch: str, scratch: Path, made: Path) -> None:
    """Download a kernel's packages and take out what a boot needs."""
    tree = scratch / "tree"
    say(f"fetching {', '.join(choice.packages)} {choice.version}")
    for package in download(choice, arch, scratch):
        run(["dpkg-deb", "-x", str(package), str(tree)])
    boots = [*tree.glob("boot/vmlinu[xz]-*"), *tree.glob("usr/lib/modules/*/vmlinuz")]
    if not boots:
        raise HarnessError(f"no bootable file in {', '.join(choice.packages)}")
    made.mkdir()
    shutil.copy(boots[0], made / "vmlinuz")
    _pack_modules(tree, choice.release, made / "modules.cpio")


def kernel_image(kernel: Kernel, refresh: bool = False) -> KernelImage:
    """The newest ``kernel`` of the archive, fetched and unpacked if it is not in the cache."""
    choice = choice_for(kernel, refresh)
    try:
        return _fetched(choice, kernel)
    except HarnessError as error:
        if "404" not in str(error) or not pass_over(kernel):
            raise
        say(f"{error} (going on with an older one)")
        return kernel_image(kernel)


def _fetched(choice: Choice, kernel: Kernel) -> KernelImage:
    folder = kernel_folder(choice)
    with locked(f"lock-{kernel.series}" if kernel.source else "lock"):
        if not folder.exists():
            tidied("kernels")
            with tempfile.TemporaryDirectory(dir=cache_dir()) as scratch:
                made = Path(scratch, "made")
                if kernel.source:
                    compile_kernel(kernel.source, Path(scratch), made)
                else:
                    _unpack(choice, kernel.arch, Path(scratch), made)
                made.rename(folder)
        os.utime(folder)
    return KernelImage(choice.release, folder / "vmlinuz", folder / "modules.cpio")


def headers_image(kernel: Kernel) -> Path:
    """The headers of exactly that ``kernel``, which kernel_image() has fetched, as an archive."""
    choice = choice_for(kernel)
    target = kernel_folder(choice) / "headers.cpio"
    common = f"{choice.release.removesuffix(kernel.flavour)}common"
    names = tuple(f"linux-headers-{name}" for name in (choice.release, common))
    with locked():
        if not target.exists():
            say(f"fetching {', '.join(names)} {choice.version}")
            with tempfile.TemporaryDirectory(dir=cache_dir()) as scratch:
                _pack_headers(replace(choice, packages=names), kernel.arch, Path(scratch))
                Path(scratch, "cpio").rename(target)
    return target


def _pack_headers(choice: Choice, arch: str, scratch: Path) -> None:
    tree = scratch / "tree"
    for package in download(choice, arch, scratch):
        run(["dpkg-deb", "-x", str(package), str(tree)])
    with Path(scratch, "cpio").open("wb") as out, Cpio(out) as cpio:
        for path in sorted(tree.rglob("*")):
            if path.is_symlink() or path.is_file():
                name = str(path.relative_to(tree))
                cpio.path(f"usr/{name}" if name.startswith("lib/") else name, path)
