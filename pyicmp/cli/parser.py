"""How every command reads its arguments."""

from __future__ import annotations

import argparse

from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

__all__ = ["Parser", "one_of"]

# How argparse begins what we say in fewer words.
ARGUMENT, REQUIRED = "argument ", "the following arguments are required: "


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
        if message.startswith(REQUIRED):
            message = f"there is no {message.removeprefix(REQUIRED)}"
        what, _, fix = message.removeprefix(ARGUMENT).partition("; ")
        raise UsageError(what, fix=fix or f"see {self.prog} --help")


def one_of(choices: Sequence[str]) -> Callable[[str], str]:
    """Return what takes one of the words *choices*, for an argument's ``type``."""

    def choice(text: str) -> str:
        if text not in choices:
            raise argparse.ArgumentTypeError(f"no {text!r}; give {', '.join(choices)}")
        return text

    return choice
