"""Which tests a file has and which boots they need, found without importing the file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .overlay import PROJECT
from .table import KERNELS, HarnessError, Kernel, kernel_named

FOLDER = PROJECT / "tests" / "kernels"
COMMON = tuple(kernel for kernel in KERNELS if kernel.common)


@dataclass(frozen=True)
class Wish:
    """What a test file asks for in its ``BOOT`` constant; the default is the common boot."""

    append: str = ""
    root: str = ""
    smp: int = 2
    mem: int = 1536
    timeout: float = 1800
    counting: bool = False

    @property
    def slug(self) -> str:
        """A name for this boot, empty for the common one."""
        counting = "counting" if self.counting else ""
        return re.sub(r"[^\w.=]+", "-", "-".join(filter(None, (self.root, counting, self.append))))


@dataclass(frozen=True)
class TestFile:
    """One test file: its tests as ``function`` or ``Class.function``, with their lines."""

    __test__ = False
    path: Path
    wish: Wish
    kernels: tuple[Kernel, ...]
    tests: tuple[tuple[str, int], ...]

    @property
    def name(self) -> str:
        """The path relative to the project."""
        return self.path.relative_to(PROJECT).as_posix()

    @property
    def module(self) -> str:
        """The dotted name that JUnit uses."""
        return self.name.removesuffix(".py").replace("/", ".")


@dataclass(frozen=True)
class Boot:
    """One guest to boot and the files to test in it."""

    kernel: Kernel
    wish: Wish
    files: tuple[TestFile, ...]

    @property
    def name(self) -> str:
        """The kernel's series, and what is special about this boot."""
        return "+".join(filter(None, (self.kernel.series, self.wish.slug)))


def _boot_constant(tree: ast.Module, path: Path) -> tuple[Wish, tuple[Kernel, ...]]:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "BOOT" for target in targets):
            assert isinstance(node, (ast.Assign, ast.AnnAssign))
            try:
                wanted = dict(ast.literal_eval(node.value or node))
                names = wanted.pop("kernels", ())
                kernels = tuple(kernel_named(name) for name in names) or COMMON
                return Wish(**wanted), kernels
            except (TypeError, ValueError, HarnessError) as error:
                raise HarnessError(f"{path.name}: bad BOOT: {error}") from None
    return Wish(), COMMON


def _tests(body: Iterable[ast.stmt], prefix: str = "") -> list[tuple[str, int]]:
    found = []
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            found.append((prefix + node.name, node.lineno))
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test") and not prefix:
            found += _tests(node.body, f"{node.name}.")
    return found


def scan(path: Path) -> TestFile:
    """Read a test file's ``BOOT`` and the names of its tests."""
    try:
        tree = ast.parse(path.read_text())
    except SyntaxError as error:
        raise HarnessError(f"{path.name}:{error.lineno}: {error.msg}") from None
    wish, kernels = _boot_constant(tree, path)
    return TestFile(path, wish, kernels, tuple(_tests(tree.body)))


def select(names: Iterable[str]) -> tuple[Kernel, ...]:
    """The kernels called ``names`` in the table's order; all of them when there are no names."""
    wanted = [kernel_named(name) for name in names]
    return tuple(kernel for kernel in KERNELS if kernel in wanted or not wanted)


def plan(files: Sequence[TestFile], kernels: Sequence[Kernel]) -> list[Boot]:
    """One boot per kernel for the files that ask for nothing, one more per different wish."""
    boots = []
    for kernel in kernels:
        wanted = [file for file in files if kernel in file.kernels]
        for wish in dict.fromkeys(file.wish for file in wanted):
            chosen = tuple(file for file in wanted if file.wish == wish)
            boots.append(Boot(kernel, wish, chosen))
    return boots
