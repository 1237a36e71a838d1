"""Root file systems as archives that a kernel unpacks, made once and kept in the cache."""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
import tempfile
from pathlib import Path

from .archive import cache_dir, locked, run, say, source_lines
from .cpio import Cpio
from .images import RECIPE, tidied
from .table import ROOTS, Root

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


# What it takes to run a root's Python from outside of it.
_PYTHON = (
    *("lib64", "usr/lib64/*", "usr/lib/x86_64-linux-gnu/*"),
    *("usr/bin/python3*", "usr/lib/python3*"),
)


def _bootstrap(root: Root, native: str, target: Path) -> None:
    """Unpack the root's packages into a tar file, running none of their scripts."""
    hooks = ["--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"]
    # pip reads the bundle of certificates even if it never uses one; a package script makes it.
    # Compiled here because under emulation it takes a minute; no package script has run py3compile.
    finish = (
        'cd "$1"; [ ! -d usr/share/ca-certificates ] || '
        "cat usr/share/ca-certificates/mozilla/*.crt >etc/ssl/certs/ca-certificates.crt; "
        f'ldconfig -r "$1"; tree={native}; PYTHONHOME=$tree/usr $tree/lib64/ld-linux-x86-64.so.2 '
        "--library-path $tree/usr/lib/x86_64-linux-gnu $tree/usr/bin/python3 "
        "-m compileall -q --invalidation-mode unchecked-hash "
        '-x "/(test|tests|idlelib|lib2to3|turtledemo|pip)/" -s "$1" "$1/usr/lib" || true'
    )
    run([
        "mmdebstrap", "--variant=extract", "--mode=auto", f"--architectures={root.arch}", *hooks,
        f"--extract-hook={finish}", f"--include={','.join(root.packages)}",
        root.suite, str(target), source_lines([root.suite], root.arch).strip(),
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
    foreign = root.arch != "amd64"
    native = root_image(ROOTS[root.suite]) if foreign and not target.exists() else target
    with locked():
        if target.exists():
            os.utime(target)
            return target
        tidied("roots")
        say(f"making the root {root.name} ({len(root.packages)} packages of {root.suite})")
        with tempfile.TemporaryDirectory(dir=cache_dir()) as scratch:
            if foreign:
                run(["cpio", "-id", "--quiet", "-D", scratch, "-F", str(native), *_PYTHON])
            _bootstrap(root, scratch if foreign else '"$1"', Path(scratch, "root.tar"))
            _pack_root(root, Path(scratch, "root.tar"), Path(scratch, "root.cpio"))
            Path(scratch, "root.cpio").rename(target)
    return target
