"""``typing.Generic`` for type checkers; a plain start does not import typing, which takes 8 ms."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Generic
else:

    class Generic:
        """A class that can be written with types in brackets, which mean nothing at run time."""

        def __class_getitem__(cls, _):
            return cls


__all__ = ["Generic"]
