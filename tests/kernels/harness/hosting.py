"""Hooks for the host's pytest: each test of each guest becomes an item of its own.

Files are scanned, not imported. Booting begins when the first item is run, once per kernel for
all of its items; an item only looks up what became of it in the guest's JUnit XML.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from .guests import HEADINGS, Run, run_tests, table
from .plan import TestFile, Wish, plan, scan, select
from .report import Outcome
from .table import KERNELS, HarnessError, Kernel

Key = tuple[Kernel, Wish]
GUESTS = pytest.StashKey["Guests"]()


class GuestTestError(Exception):
    """A test that failed in a guest; the text is the guest's own traceback."""


class Guests:
    """The boots of one pytest session, some at a time, and their results."""

    def __init__(self, items: list[GuestItem], at_once: int) -> None:
        """Start booting what ``items`` need, in their order."""
        boots: dict[Key, list[GuestItem]] = {}
        for item in items:
            boots.setdefault(item.key, []).append(item)
        self._told: set[Key] = set()
        self._pool = ThreadPoolExecutor(at_once)
        self._runs = {key: self._pool.submit(_run, mates) for key, mates in boots.items()}

    def run_of(self, item: GuestItem) -> Run:
        """The results of the boot that ``item`` belongs to, once they are there."""
        try:
            return self._runs[item.key].result()
        except HarnessError as error:
            text = str(error)
            if item.key in self._told:
                text = f"{text.splitlines()[0]} above"
            self._told.add(item.key)
            raise GuestTestError(text) from None

    def close(self) -> list[Run]:
        """Boot no more; give the guests that ended properly."""
        self._pool.shutdown(cancel_futures=True)
        done = [run for run in self._runs.values() if not run.cancelled()]
        return [run.result() for run in done if not run.exception()]


def _run(items: list[GuestItem]) -> Run:
    """Run the chosen tests of one boot: a whole file, or the ones of it that were chosen."""
    files = list(dict.fromkeys(item.file for item in items))
    args: list[str] = []
    for file in files:
        chosen = [item.test for item in items if item.file == file]
        whole = len(chosen) == len(file.tests)
        names = [""] if whole else ["::" + test.replace(".", "::") for test in chosen]
        args += [file.name + name for name in names]
    (boot,) = plan(files, [items[0].kernel])
    return run_tests(boot, args)


class GuestFile(pytest.File):
    """A test file as seen from the host: one collector per kernel."""

    def collect(self) -> Iterator[pytest.Collector]:
        """Yield the selected kernels that the file is for."""
        try:
            option = self.config.getoption("kernels", None) or os.environ.get("KERNELS", "")
            file = scan(self.path)
            kernels = select(re.findall(r"[^\s,]+", option))
        except HarnessError as error:
            raise self.CollectError(str(error)) from None
        for kernel in kernels:
            if kernel in file.kernels:
                yield GuestKernel.from_parent(self, name=kernel.series, kernel=kernel, file=file)


class GuestKernel(pytest.Collector):
    """One kernel's share of a test file."""

    def __init__(self, *, kernel: Kernel, file: TestFile, **kwargs: Any) -> None:
        """Remember the kernel and the file."""
        super().__init__(**kwargs)
        self.kernel, self.file = kernel, file

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the file's tests."""
        for test, line in self.file.tests:
            yield GuestItem.from_parent(self, name=test, line=line)


class GuestItem(pytest.Item):
    """One test function in one guest, with all its parametrised cases."""

    def __init__(self, *, line: int, **kwargs: Any) -> None:
        """Remember where the test is."""
        super().__init__(**kwargs)
        assert isinstance(self.parent, GuestKernel)
        self.kernel, self.file = self.parent.kernel, self.parent.file
        self.test, self.line = self.name, line
        self.key: Key = (self.kernel, self.file.wish)

    def runtest(self) -> None:
        """Look up what became of this test."""
        if GUESTS not in self.config.stash:
            items = [item for item in self.session.items if isinstance(item, GuestItem)]
            self.config.stash[GUESTS] = Guests(items, self.config.getoption("guests", 2))
        run = self.config.stash[GUESTS].run_of(self)
        cases = list(_cases(run, self.file, self.test))
        failed = [f"{case.name}:\n{case.text}" for case in cases if case.kind == "failed"]
        if failed:
            raise GuestTestError("\n".join(failed))
        if not cases:
            raise GuestTestError(f"{self.name}: not in the guest's JUnit XML\n{run.result.tail}")
        if all(case.kind == "skipped" for case in cases):
            pytest.skip(cases[0].text)

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        """Show the guest's own text."""
        if isinstance(excinfo.value, GuestTestError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the test is, for pytest's headings."""
        return self.path, self.line - 1, f"{self.kernel.series} {self.name}"


def _cases(run: Run, file: TestFile, test: str) -> Iterator[Outcome]:
    """The JUnit cases of one test, or of its file when that could not be imported there."""
    owner, _, function = test.rpartition(".")
    classname = f"{file.module}.{owner}" if owner else file.module
    for case in run.outcomes:
        whole_file = not case.classname and case.name == file.module
        if whole_file or (case.classname, case.function) == (classname, function):
            yield case


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --kernels and --guests."""
    group = parser.getgroup("kernels", "booted kernels")
    group.addoption(
        "--kernels", default="", help='kernels to boot, e.g. "6.1 7.x" (or $KERNELS; default all)'
    )
    group.addoption(
        "--guests", type=int, default=2, metavar="N", help="guests at the same time (default 2)"
    )


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.File | None:
    """Take the place of pytest's own Module."""
    if module_path.name == "__init__.py":
        return None
    return GuestFile.from_parent(parent, path=module_path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the guests' items last, those of one boot together."""
    guests = [item for item in items if isinstance(item, GuestItem)]
    order = list(dict.fromkeys(item.key for item in guests))
    order.sort(key=lambda key: KERNELS.index(key[0]))
    guests.sort(key=lambda item: order.index(item.key))
    items[:] = [*(item for item in items if not isinstance(item, GuestItem)), *guests]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what was booted."""
    guests = terminalreporter.config.stash.get(GUESTS, None)
    runs = guests.close() if guests else []
    if runs:
        terminalreporter.section("guests")
        terminalreporter.write_line(table([HEADINGS, *(run.row for run in runs)]))
