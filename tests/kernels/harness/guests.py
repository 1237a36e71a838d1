"""Running pytest in a guest and bringing its results home."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .archive import catalogue
from .boot import GuestError, Job, Result
from .boot import boot as boot_job
from .overlay import PROJECT
from .plan import Boot
from .report import Outcome, count, parse_junit
from .table import root_for

RESULTS = PROJECT / "build" / "kernels"
# The project's own pytest options may name plugins that a stock Debian does not have.
PYTEST = (
    *("python3", "-m", "pytest", "--rootdir=/pyicmp", "-p", "no:cacheprovider"),
    "--import-mode=importlib",
    *("-o", "addopts=", "-o", "junit_family=xunit2", "--junit-xml=/run/out/junit.xml"),
    *("--continue-on-collection-errors", "-rs", "--tb=short", "--color=no"),
)
# 2 is what broken test files give; their tests are then missing from JUnit and fail one by one.
PYTEST_ENDED = (0, 1, 2)


@dataclass(frozen=True)
class Run:
    """The tests of one boot."""

    boot: Boot
    result: Result
    outcomes: tuple[Outcome, ...]
    python: str

    @property
    def ok(self) -> bool:
        """Whether pytest itself was content."""
        return self.result.rc == 0

    @property
    def row(self) -> tuple[str, ...]:
        """This run as a row of the table."""
        counts = (str(count(self.outcomes, kind)) for kind in ("passed", "failed", "skipped"))
        release, seconds = self.result.release, f"{self.result.seconds:.1f}"
        return (self.boot.name, release, self.python, *counts, seconds, str(self.result.boots))


HEADINGS = ("kernel", "release", "python", "passed", "failed", "skipped", "seconds", "boots")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows, the first of them headings, in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines)


def run_tests(
    boot: Boot, args: Iterable[str], sink: Callable[[bytes], object] = lambda chunk: None
) -> Run:
    """Boot a guest, run pytest with ``args`` in it, keep its JUnit and console in build/kernels.

    Raises GuestError when the guest crashed or no test ran.
    """
    wish = boot.wish
    job = Job(
        boot.kernel, (*PYTEST, *args), wish.root, wish.append, wish.timeout, wish.smp, wish.mem,
        counting=wish.counting,
    )  # fmt: skip
    RESULTS.mkdir(parents=True, exist_ok=True)
    log, xml = RESULTS / f"{boot.name}.log", RESULTS / f"{boot.name}.xml"
    xml.unlink(missing_ok=True)
    with log.open("wb", buffering=0) as file:
        result = boot_job(job, lambda chunk: (file.write(chunk), sink(chunk)))
    junit = result.files.get("junit.xml")
    if junit is None:
        raise GuestError(
            boot.kernel, f"no JUnit XML from pytest (exit {result.rc})", result.console
        )
    xml.write_bytes(junit)
    outcomes = tuple(parse_junit(junit))
    if not outcomes:
        raise GuestError(boot.kernel, f"no test ran (exit {result.rc})", result.console)
    if result.rc not in PYTEST_ENDED:
        raise GuestError(boot.kernel, f"pytest ended with {result.rc}", result.console)
    python = catalogue().pythons.get(root_for(boot.kernel, wish.root).suite, "?")
    return Run(boot, result, outcomes, python)
