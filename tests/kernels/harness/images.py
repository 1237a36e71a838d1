"""Kernels and roots as files that QEMU can boot, made once and kept in the cache."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from .archive import cache_dir, choice_for, download, locked, run, say, source_lines
from .cpio import Cpio
from .table import MODULES, HarnessError, Kernel, Root
from .versions import Choice

RECIPE = "5"
"""Raise this when the way that roots or kernels are made changes: cached ones are made again."""

# Unpacking costs a guest 15 ms/MB under emulation.
_DROP = re.compile(
    r"var/cache/|usr/share/(doc|man|locale|info|zoneinfo|common-licenses|bash-completion|perl5)/"
    r"|usr/lib/python3[^/]*/(pydoc_data|lib2to3|idlelib|turtledemo)/"
    r"|usr/lib/[^/]*/(gconv|perl-base)/|usr/lib/(systemd|udev)/"
)
_ETC = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n"
    "tcpdump:x:100:100::/:/bin/false\nuser:x:1000:1000::/tmp:/bin/bash\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\ntcpdump:x:100:\nuser:x:1000:\n",
    "etc/hosts": "127.0.0.1 localhost guest\n::1 localhost ip6-localhost\n",
    "etc/hostname": "guest\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


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
    return cache_dir() / "kernels" / f"{choice.release}_{choice.version}.{RECIPE}"


def _unpack(choice: Choice, scratch: Path, made: Path) -> None:
    """Download a kernel's packages and take out what a boot needs."""
    tree = scratch / "tree"
    for package in download(choice, scratch):
        run(["dpkg-deb", "-x", str(package), str(tree)])
    boots = [*tree.glob("boot/vmlinuz-*"), *tree.glob("usr/lib/modules/*/vmlinuz")]
    if not boots:
        raise HarnessError(f"no vmlinuz in {', '.join(choice.packages)}")
    made.mkdir()
    shutil.copy(boots[0], made / "vmlinuz")
    _pack_modules(tree, choice.release, made / "modules.cpio")


def kernel_image(kernel: Kernel, refresh: bool = False) -> KernelImage:
    """The newest ``kernel`` of the archive, fetched and unpacked if it is not in the cache."""
    choice = choice_for(kernel, refresh)
    folder = kernel_folder(choice)
    with locked():
        if not folder.exists():
            tidied("kernels")
            say(f"fetching {', '.join(choice.packages)} {choice.version}")
            with tempfile.TemporaryDirectory(dir=cache_dir()) as scratch:
                made = Path(scratch, "made")
                _unpack(choice, Path(scratch), made)
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
                _pack_headers(replace(choice, packages=names), Path(scratch))
                Path(scratch, "cpio").rename(target)
    return target


def _pack_headers(choice: Choice, scratch: Path) -> None:
    tree = scratch / "tree"
    for package in download(choice, scratch):
        run(["dpkg-deb", "-x", str(package), str(tree)])
    with Path(scratch, "cpio").open("wb") as out, Cpio(out) as cpio:
        for path in sorted(tree.rglob("*")):
            if path.is_symlink() or path.is_file():
                name = str(path.relative_to(tree))
                cpio.path(f"usr/{name}" if name.startswith("lib/") else name, path)


def _bootstrap(root: Root, target: Path) -> None:
    """Unpack the root's packages into a tar file, running none of their scripts."""
    hooks = ["--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"]
    # pip reads the bundle of certificates even if it never uses one; a package script makes it.
    # Compiled here because under emulation it takes a minute; no package script has run py3compile.
    finish = (
        'cd "$1"; [ ! -d usr/share/ca-certificates ] || '
        "cat usr/share/ca-certificates/mozilla/*.crt >etc/ssl/certs/ca-certificates.crt; "
        'chroot "$1" ldconfig; chroot "$1" python3 -m compileall -q -j 2 '
        "--invalidation-mode unchecked-hash "
        "-x '/(test|tests|idlelib|lib2to3|turtledemo|pip)/' /usr/lib || true"
    )
    run([
        "mmdebstrap", "--variant=extract", "--mode=auto", *hooks,
        f"--extract-hook={finish}", f"--include={','.join(root.packages)}",
        root.suite, str(target), source_lines([root.suite]).strip(),
    ])  # fmt: skip


def _hidden(name: str) -> tuple[str, str | None]:
    """Where a file goes in a root that hides libbpf; and a wrapper to put in its old place."""
    base = os.path.basename(name)
    if base.startswith("libbpf.so"):
        return f"opt/iproute2/{base}", None
    if name in ("usr/bin/ip", "bin/ip", "sbin/ip", "usr/sbin/tc", "sbin/tc", "usr/sbin/ip"):
        moved = f"opt/iproute2/{base}"
        return moved, f'#!/bin/sh\nLD_LIBRARY_PATH=/opt/iproute2 exec /{moved} "$@"\n'
    return name, None


def _pack_root(root: Root, source: Path, target: Path) -> None:
    """Turn the tar file of a root into a cpio archive, without documentation."""
    with tarfile.open(source) as tar, target.open("wb") as out, Cpio(out) as cpio:
        for member in tar:
            name = member.name.removeprefix("./")
            if name in (".", "") or _DROP.match(name) or name in _ETC:
                continue
            wrapper = None
            if root.hide_libbpf and not member.isdir():
                if name == "etc/ld.so.cache" or (member.issym() and name.endswith("/ip")):
                    continue
                name, wrapper = _hidden(name)
            cpio.folder(os.path.dirname(name))
            cpio.member(tar, member, name)
            if wrapper:
                cpio.file(member.name.removeprefix("./"), wrapper.encode(), 0o755)
        for name, text in _ETC.items():
            cpio.file(name, text.encode())
        cpio.link("usr/bin/awk", "mawk")


def root_path(root: Root) -> Path:
    """Where the cache keeps a root; the name changes with everything that goes into it."""
    key = hashlib.sha256(f"{RECIPE} {root} {_ETC} {_DROP}".encode()).hexdigest()[:12]
    return cache_dir() / "roots" / f"{root.name.replace(':', '-')}-{key}.cpio"


def root_image(root: Root) -> Path:
    """The cpio archive of ``root``, made if it is not in the cache."""
    target = root_path(root)
    with locked():
        if target.exists():
            os.utime(target)
            return target
        tidied("roots")
        say(f"making the root {root.name} ({len(root.packages)} packages of {root.suite})")
        with tempfile.TemporaryDirectory(dir=cache_dir()) as scratch:
            _bootstrap(root, Path(scratch, "root.tar"))
            _pack_root(root, Path(scratch, "root.tar"), Path(scratch, "root.cpio"))
            Path(scratch, "root.cpio").rename(target)
    return target
