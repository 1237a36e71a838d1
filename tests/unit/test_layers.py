"""The rules of docs/architecture.md that a machine can hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "pyicmp"
MODULES = sorted(PACKAGE.rglob("*.py"))
# Layer: what it may import of pyicmp. The first prefix that fits a module counts.
MAY_IMPORT = {
    "errors": (),
    "bpf": ("bpf", "errors"),
    "icmp": ("bpf", "errors", "icmp", "testing"),
    "sinks": ("errors", "icmp", "sinks"),
    "testing": ("bpf", "errors", "icmp", "testing"),
    "cli": ("", "bpf", "cli", "errors", "icmp", "sinks"),
}
NATIVE = {"bpf/call.py", "bpf/handle.py", "bpf/link.py", "bpf/map.py", "bpf/object.py"}
NATIVE |= {"bpf/opening.py", "bpf/program.py", "bpf/ring.py", "bpf/perf.py"}
NATIVE |= {"bpf/kernel_info.py"}
NATIVE |= {"bpf/features.py", "bpf/running.py", "bpf/trials.py"}
# The families pass C strings and arrays; made.py makes all links that are the kernel's own.
NATIVE |= {f"bpf/attach/{family}.py" for family in ("iterator", "kprobe", "kprobe_multi", "made")}
NATIVE |= {f"bpf/attach/{family}.py" for family in ("tc", "tracing", "uprobe", "usdt")}
NATIVE |= {"bpf/open_map.py"}
NATIVE |= {f"bpf/maps/{name}.py" for name in ("batch", "elements", "info", "opened", "queues")}
NATIVE |= {"bpf/globals.py"}


# Who may name numpy: one imports it, the others only for a type checker.
NUMPY = {"bpf/btf/dtype.py", "bpf/batch.py", "icmp/decode.py"}


def name(module: Path) -> str:
    return str(module.relative_to(PACKAGE))


def imports(module: Path) -> Iterator[str]:
    """Yield the dotted names that a module imports, relative ones resolved."""
    package = ["pyicmp", *module.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            dotted = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            yield dotted
            yield from (f"{dotted}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_imports_go_one_way(module: Path) -> None:
    layer = name(module).partition("/")[0].removesuffix(".py")
    if layer not in MAY_IMPORT:
        return
    own = {n.split(".")[1] for n in imports(module) if n.startswith("pyicmp.")}
    assert own - {"__version__"} <= set(MAY_IMPORT[layer])


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_only_a_named_few_touch_the_native_module(module: Path) -> None:
    if any(n.startswith("pyicmp.bpf._native") for n in imports(module)):
        assert name(module) in NATIVE


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_third_parties_stay_at_their_boundary(module: Path) -> None:
    roots = {n.partition(".")[0] for n in imports(module)}
    assert "elftools" not in roots or name(module) == "bpf/spec/elf.py"
    assert "numpy" not in roots or name(module) in NUMPY
    assert "rich" not in roots


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_only_the_command_line_prints_and_exits(module: Path) -> None:
    called = {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Call)
    }
    # The loader could be a package of its own: its front door cannot be in cli.
    if not name(module).startswith("cli/") and name(module) != "bpf/__main__.py":
        assert "print" not in called
        assert "sys.exit" not in called or name(module) == "__main__.py"
