"""How every command reads its arguments."""

from __future__ import annotations

import argparse

from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["Parser"]


class Parser(argparse.ArgumentParser):
    """A parser whose help fits in 80 columns, and whose errors are ours."""

    def __init__(self, prog: str, description: str, epilog: str, usage: str | None = None) -> None:
        super().__init__(
            prog=prog,
            usage=usage,
            description=description,
            epilog=epilog,
            formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, 2, 26, 80),
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """Raise UsageError; argparse would print two lines and end the process."""
        raise UsageError(message, fix=f"see {self.prog} --help")
