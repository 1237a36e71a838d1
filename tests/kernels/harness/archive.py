"""Debian's archive, asked through apt with lists and caches of our own."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from .table import KERNELS, HarnessError, Kernel
from .versions import Choice, Package, newest, parse_packages

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
MIRROR = "http://deb.debian.org"
FRESH_SECONDS = 24 * 3600
# These two are often past their Release file's validity on mirrors; signatures still count.
LATE_SUITES = ("forky", "sid")


def cache_dir() -> Path:
    """The folder for everything that is downloaded or unpacked."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(os.environ.get("PYICMP_CACHE") or Path(base, "pyicmp"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def locked() -> Iterator[None]:
    """Let one process at a time fill the cache."""
    with (cache_dir() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def say(message: str) -> None:
    """Tell the person at the terminal what is being done."""
    print(f"harness: {message}", file=sys.stderr, flush=True)


def run(argv: Sequence[str], **env: str) -> str:
    """Run a tool of the host and return its output; its last error line if it fails."""
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, env={**os.environ, **env}, check=False
        )
    except FileNotFoundError:
        raise HarnessError(f"{argv[0]}: not installed on this machine") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
        wrong = [line for line in lines if line.startswith("E:")] or lines[-1:]
        raise HarnessError(f"{' '.join(argv[:2])} failed: {wrong[0]}")
    return done.stdout


def source_lines(suites: Iterable[str], arch: str = "amd64") -> str:
    """Lines of a sources.list for ``suites``."""
    lines = []
    for suite in suites:
        options = f"arch={arch} signed-by={KEYRING}"
        if suite in LATE_SUITES:
            options += " check-valid-until=no"
        area = "debian-security" if suite.endswith("-security") else "debian"
        lines.append(f"deb [{options}] {MIRROR}/{area} {suite} main\n")
    return "".join(lines)


def _apt_env() -> dict[str, str]:
    folder = cache_dir() / "apt"
    for name in ("lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    sources = [source_lines(group, kernel.arch) for kernel in KERNELS for group in kernel.suites]
    (folder / "sources.list").write_text("".join(dict.fromkeys(sources)))
    arches = "".join(f'"{arch}"; ' for arch in dict.fromkeys(kernel.arch for kernel in KERNELS))
    conf = folder / "apt.conf"
    # apt reads APT_CONFIG, then the host's apt.conf.d (proxies), then Dir::Etc::main: this again.
    conf.write_text(f"""#clear APT::Update;
Dir::Etc::main "{conf}";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State "{folder}";
Dir::State::lists "{folder}/lists";
Dir::State::status "/dev/null";
Dir::Cache "{folder}";
Acquire::Check-Valid-Until "true";
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "20";
APT::Sandbox::User "root";
APT::Architecture "amd64";
APT::Architectures {{ {arches}}};
""")
    return {"APT_CONFIG": str(conf)}


def _lists(env: dict[str, str]) -> dict[tuple[str, str], list[Package]]:
    form = "$(CODENAME) $(ARCHITECTURE) $(FILENAME)"
    found: dict[tuple[str, str], list[Package]] = {}
    targets = run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"], **env)
    for line in targets.splitlines():
        suite, arch, file = line.split(maxsplit=2)
        text = run(["/usr/lib/apt/apt-helper", "cat-file", file], **env)
        found[suite, arch] = list(parse_packages(text, r"linux-\S+|python3"))
    return found


def _choose(kernel: Kernel, lists: dict[tuple[str, str], list[Package]]) -> list[Choice]:
    for group in kernel.suites:
        packages = [one for suite in group for one in lists.get((suite, kernel.arch), ())]
        choices = newest(packages, kernel.flavour, kernel.prefix)
        if choices:
            return choices
    return []


@dataclass(frozen=True)
class Catalogue:
    """The kernels, newest first, and the Pythons of the archive, as last seen."""

    kernels: dict[str, list[Choice]]
    pythons: dict[str, str]


def _read(file: Path) -> Catalogue:
    stored = json.loads(file.read_text())
    kernels = {
        series: [Choice(one["release"], one["version"], tuple(one["packages"])) for one in choices]
        for series, choices in stored["kernels"].items()
    }
    return Catalogue(kernels, stored["pythons"])


def _refresh(file: Path) -> None:
    """Ask the archive again; what apt has from before serves when it cannot be reached."""
    env = _apt_env()
    try:
        run(["apt-get", "update", "-q", "-o", "APT::Update::Error-Mode=any"], **env)
    except HarnessError as error:
        say(f"{error} (going on with older lists)")
    lists = _lists(env)
    kernels = {kernel.series: _choose(kernel, lists) for kernel in KERNELS}
    pythons = {
        suite: package.version.partition("-")[0]
        for (suite, _), packages in lists.items()
        for package in packages
        if package.name == "python3"
    }
    if not any(kernels.values()):
        raise HarnessError("no kernel found: the Debian archive cannot be reached")
    _write(file, Catalogue(kernels, pythons))


def _write(file: Path, found: Catalogue) -> None:
    file.write_text(json.dumps(asdict(found), indent=1))


def _catalogue_file() -> Path:
    key = hashlib.sha256(repr(KERNELS).encode()).hexdigest()[:12]
    return cache_dir() / f"catalogue-{key}.json"


def catalogue(refresh: bool = False) -> Catalogue:
    """What the archive has; asks the network at most once a day unless told to."""
    file = _catalogue_file()
    with locked():
        fresh = file.exists() and time.time() - file.stat().st_mtime < FRESH_SECONDS
        if refresh or not fresh:
            _refresh(file)
        return _read(file)


def choice_for(kernel: Kernel, refresh: bool = False) -> Choice:
    """The archive's newest package of ``kernel``."""
    found = catalogue(refresh).kernels[kernel.series]
    if not found:
        suites = ", ".join(suite for group in kernel.suites for suite in group)
        raise HarnessError(
            f"kernel {kernel.series}: gone from the archive "
            f"(no linux-image-{kernel.prefix}*-{kernel.flavour} in {suites})"
        )
    return found[0]


def pass_over(kernel: Kernel) -> bool:
    """Do without the newest today: mirrors may list what they have not got. False: no other."""
    file = _catalogue_file()
    with locked():
        found = _read(file)
        choices = found.kernels[kernel.series]
        if len(choices) > 1:
            _write(file, replace(found, kernels={**found.kernels, kernel.series: choices[1:]}))
    return len(choices) > 1


def download(choice: Choice, arch: str, folder: Path) -> list[Path]:
    """Fetch the packages of ``choice`` into ``folder``; apt checks them against signed lists."""
    names = [f"{name}:{arch}={choice.version}" for name in choice.packages]
    run(["env", "-C", str(folder), "apt-get", "download", "-q", *names], **_apt_env())
    return sorted(folder.glob("*.deb"))
