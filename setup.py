"""
What pyproject.toml cannot say: the package carries what ``make`` makes.

That is a compiled module and a BPF object.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import Distribution, find_packages, setup
from setuptools.command.build_py import build_py

MADE = {  # what make leaves in the checkout: where it goes in the package
    "pyicmp/bpf/_native.abi3.so": "pyicmp/bpf/_native.abi3.so",
    "build/icmp.bpf.o": "pyicmp/_objects/icmp.bpf.o",
    "build/icmp.bpf.o.sha256": "pyicmp/_objects/icmp.bpf.o.sha256",
}
ONLY_TO_BUILD = {("pyicmp.bpf", "_native_build")}


class BinaryDistribution(Distribution):
    """One for this architecture, though setuptools compiles nothing."""

    def has_ext_modules(self) -> bool:
        """Say that the wheel is not for any machine."""
        return True


class BuildPackage(build_py):
    """Adds what ``make`` made, and leaves out what only made it."""

    def run(self) -> None:
        """Fill the build folder, which holds nothing of an earlier build."""
        for path in MADE:
            if not Path(path).is_file():
                raise SystemExit(
                    f"pyicmp: error: cannot build the package; {path} is not there; run make first"
                )
        if self.editable_mode:
            return  # the checkout itself is used
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        for path, place in MADE.items():
            target = Path(self.build_lib, place)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            target.chmod(0o755 if target.suffix == ".so" else 0o644)

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        """List what the package needs at run time."""
        modules = super().find_package_modules(package, package_dir)
        return [module for module in modules if (module[0], module[1]) not in ONLY_TO_BUILD]


setup(
    distclass=BinaryDistribution,
    cmdclass={"build_py": BuildPackage},
    options={"build": {"build_base": "build/python"}, "bdist_wheel": {"py_limited_api": "cp310"}},
    packages=find_packages(include=["pyicmp", "pyicmp.*"]),
    package_data={"": ["py.typed", "*.pyi"]},
)
