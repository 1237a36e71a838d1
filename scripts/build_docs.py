"""Builds the reference, build/docs/, from the docstrings; a name without one is an error."""

from __future__ import annotations

import importlib
import inspect
import sys
import warnings
from pathlib import Path

import pdoc

PUBLIC = ("pyicmp", "pyicmp.bpf", "pyicmp.bpf.features", "pyicmp.errors", "pyicmp.testing")
PAGES = ("pyicmp", "pyicmp.errors", "pyicmp.testing")  # bpf and features are found in pyicmp


def main() -> int:
    """Build it, and return how many public names lack a docstring."""
    bare = 0
    for name in PUBLIC:
        module = importlib.import_module(name)
        for public in module.__all__:
            value = getattr(module, public)
            setattr(module, public, value)  # pdoc does not call a module's __getattr__
            if not inspect.getdoc(value):
                sys.stderr.write(f"{name}.{public} has no docstring\n")
                bare += 1
    # It runs what is meant for type checkers only, where the native module's stub imports itself.
    warnings.filterwarnings("ignore", message="Failed to run TYPE_CHECKING code")
    pdoc.render.configure(docformat="google", show_source=False)
    pdoc.pdoc(*PAGES, output_directory=Path(__file__).parents[1] / "build" / "docs")
    return bare


if __name__ == "__main__":
    sys.exit(main())
