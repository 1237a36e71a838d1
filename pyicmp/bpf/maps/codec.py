"""Keys and values to bytes and back: by BTF where there is some, else as the map's type says."""

from __future__ import annotations

import sys
from operator import index
from struct import Struct
from struct import error as StructError  # noqa: N812 - a class

from pyicmp.bpf.btf.record import reader
from pyicmp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.bpf.btf.unpack import Buffer

__all__ = ["Addresses", "Codec", "Descriptor", "Index", "PerCpu", "Plain", "Typed"]

U32_MAX = (1 << 32) - 1


class Codec:
    """
    How one key or one value is written.

    Attributes:
        size: Its bytes, as the kernel's calls count them.
        what: What errors call it: ``key of flows``.
    """

    __slots__ = ("size", "what")

    def __init__(self, size: int, what: str) -> None:
        self.size, self.what = size, what

    def pack(self, value: Any) -> bytes:
        """Return the bytes of *value*; UsageError says what would fit."""
        raise NotImplementedError

    def unpack(self, buffer: Buffer, at: int) -> Any:
        """Return the value whose bytes begin at *at*."""
        raise NotImplementedError


class Plain(Codec):
    """Bytes, where nothing is known about them but their number."""

    __slots__ = ()

    def pack(self, value: Any) -> bytes:
        """Return *value*, which must be bytes of the right number."""
        if not isinstance(value, (bytes, bytearray, memoryview)) and not hasattr(
            value, "__bytes__"
        ):
            raise UsageError(
                f"{self.what}: {value!r} given", f"it has no type in BTF: give {self.size} bytes"
            )
        raw = bytes(value)
        if len(raw) != self.size:
            raise UsageError(f"{self.what}: {len(raw)} bytes given", f"it takes {self.size}")
        return raw

    def unpack(self, buffer: Buffer, at: int) -> bytes:
        """Return the bytes themselves."""
        return bytes(buffer[at : at + self.size])


class Typed(Codec):
    """A type of BTF: numbers, enums, text; structs as records."""

    __slots__ = ("_number", "layout", "unpack")

    def __init__(self, layout: Layout, what: str) -> None:
        super().__init__(layout.size, what)
        self.layout = layout
        shape = layout.value.shape
        plain = shape.kind == "int" and not shape.dims and not layout.value.bit_size
        order = "<" if shape.order == "little" else ">"
        self._number = Struct(order + shape.code).pack if plain else None
        self.unpack = reader(layout.value)  # type: ignore[assignment,method-assign]

    def pack(self, value: Any) -> bytes:
        """Return the bytes of a number, text, mapping, tuple or record."""
        if self._number and type(value) is int:
            try:
                return self._number(value)
            except StructError:
                pass  # the long way tells what would fit
        if value is None:
            raise UsageError(f"{self.what}: None given", f"its type is {self.layout.value.type}")
        try:
            return self.layout.pack(value)
        except UsageError as error:
            what = f"{self.what}: {error.what.removeprefix(': ')}"
            raise UsageError(what, error.why, error.fix) from None


class Index(Codec):
    """The index of an array."""

    __slots__ = ()

    def pack(self, value: Any) -> bytes:
        """Return the bytes of a number from 0."""
        try:
            number = index(value)
        except TypeError:
            raise UsageError(f"{self.what}: {value!r} is no index", "give a number") from None
        if not 0 <= number <= U32_MAX:
            raise UsageError(f"{self.what}: {number} is no index", "give a number from 0")
        return number.to_bytes(4, sys.byteorder)

    def unpack(self, buffer: Buffer, at: int) -> int:
        """Return the number."""
        return int.from_bytes(buffer[at : at + self.size], sys.byteorder)


class Descriptor(Index):
    """A file descriptor, or what has one; read back as the kernel's id or cookie for it."""

    __slots__ = ()

    def pack(self, value: Any) -> bytes:
        """Return the bytes of a descriptor."""
        fileno = getattr(value, "fileno", None)
        try:
            number = index(fileno() if callable(fileno) else value)
        except TypeError:
            raise UsageError(
                f"{self.what}: {value!r} is no file descriptor", "give one, or what has fileno()"
            ) from None
        if not 0 <= number < 1 << 31:
            raise UsageError(f"{self.what}: {number} is no file descriptor")
        return number.to_bytes(self.size, sys.byteorder)


class PerCpu(Codec):
    """A value of each possible CPU, as a list."""

    __slots__ = ("cpus", "one", "stride")

    def __init__(self, one: Codec, cpus: int) -> None:
        self.one, self.cpus, self.stride = one, cpus, (one.size + 7) & ~7
        super().__init__(self.stride * cpus, one.what)

    def pack(self, value: Any) -> bytes:
        """Return the bytes of a list or tuple, of as many values as there may be CPUs."""
        if not isinstance(value, (list, tuple)) or len(value) != self.cpus:
            given = f"{len(value)} values" if isinstance(value, (list, tuple)) else repr(value)
            raise UsageError(
                f"{self.what}: {given} given",
                f"it takes a list of {self.cpus}, one for each possible CPU",
            )
        return b"".join([self.one.pack(item).ljust(self.stride, b"\0") for item in value])

    def unpack(self, buffer: Buffer, at: int) -> list[Any]:
        """Return a list, by CPU."""
        unpack = self.one.unpack
        return [unpack(buffer, where) for where in range(at, at + self.size, self.stride)]


class Addresses(Plain):
    """A stack: the addresses of instructions, innermost first."""

    __slots__ = ()

    def unpack(self, buffer: Buffer, at: int) -> tuple[int, ...]:  # type: ignore[override]
        """Return the addresses, without the zeros that fill the rest."""
        with memoryview(buffer[at : at + self.size]).cast("Q") as words:
            return tuple([word for word in words if word])
