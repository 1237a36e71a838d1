"""An object file, read and not run: pure Python, the same on any machine."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from pyicmp.bpf.btf.ext import BtfExt
from pyicmp.bpf.btf.layout import Layout
from pyicmp.bpf.btf.machine import machine_name, machine_of
from pyicmp.bpf.btf.reader import Btf
from pyicmp.bpf.source import read_object
from pyicmp.bpf.spec.code import Code
from pyicmp.bpf.spec.elf import ElfObject
from pyicmp.bpf.spec.insn import INSN_SIZE
from pyicmp.bpf.spec.lines import line_of
from pyicmp.bpf.spec.parts import Relocation, globals_of, maps_of, programs_of
from pyicmp.errors import ObjectError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyicmp.bpf.spec.elf import Section, Symbol
    from pyicmp.bpf.spec.parts import GlobalSpec, MapSpec, ProgramSpec

BIG_ENDIAN = {"s390x", "ppc64", "ppc", "mips", "mips64", "sparc64"}


class Spec:
    """
    All that an object file holds; nothing in it depends on the running system.

    Attributes:
        name: What it is called in messages.
        data: Its bytes.
        programs: :class:`.ProgramSpec` by name.
        maps: :class:`.MapSpec` by name, those for global variables included.
        globals: :class:`.GlobalSpec` by name.
        license: The declared licence, or ``None``.
        own_btf: Its types, or ``None`` if it was compiled without; see :attr:`btf`.
        endian: ``"little"`` or ``"big"``.

    Example:
        >>> spec = Spec.from_file("build/icmp.bpf.o")  # doctest: +SKIP
        >>> spec.maps["events"].type  # doctest: +SKIP
        'ringbuf'
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.name, self.data = name, data
        self._elf = ElfObject.from_bytes(data)
        raw = self._elf.btf
        self.own_btf = None if raw is None else Btf(raw)
        self.endian = self._elf.endian
        self.license = self._elf.license
        self.programs: dict[str, ProgramSpec] = programs_of(self._elf)
        self.maps: dict[str, MapSpec] = maps_of(self._elf, self.own_btf)
        self.globals: dict[str, GlobalSpec] = globals_of(self._elf, self.own_btf)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Spec:
        """
        Read an object file, once.

        Raises:
            ObjectError: It cannot be read, is no regular file, or no usable BPF object.
        """
        name = os.fspath(path)
        return cls.from_bytes(read_object(name), name=name)

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "object") -> Spec:
        """
        Take an object's bytes; *name* stands for it in messages.

        Raises:
            ObjectError: They are no usable BPF object; says what is wrong with them.
        """
        try:
            return cls(bytes(data), name)
        except ObjectError as error:
            raise type(error)(f"{name}: {error.what}", error.why, error.fix) from error.__cause__

    @property
    def btf(self) -> Btf:
        """
        The object's types.

        Raises:
            ObjectError: It was compiled without.
        """
        if self.own_btf is None:
            raise ObjectError(
                f"{self.name} has no BTF", "it was compiled without", "add -g to clang"
            )
        return self.own_btf

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the bytes, in hexadecimal."""
        from hashlib import sha256

        return sha256(self.data).hexdigest()

    @cached_property
    def arch(self) -> str | None:
        """The machine it is for (``"x86_64"``, ``"arm64"`` …), or ``None`` if it fits any."""
        return machine_of(self.own_btf)

    def require_machine(self, machine: str) -> None:
        """
        Do nothing if the object is for *machine*, named as ``uname -m`` does.

        Raises:
            ObjectError: It is for another.
        """
        wanted = machine_name(machine)
        endian = "big" if wanted in BIG_ENDIAN else "little"
        made_for = self.arch or f"{self.endian}-endian machines"
        if (self.arch or wanted) != wanted or self.endian != endian:
            why = f"it was compiled for {made_for}, this machine is {wanted}"
            raise ObjectError(f"{self.name} cannot run here", why, "compile it for this machine")

    def layout(self, name: str) -> Layout:
        """
        Return the layout of a type of this object.

        Raises:
            LayoutError: There is no such type; says which names are near.
        """
        return Layout.of(self.btf, name)

    def section(self, name: str) -> Section | None:
        """Return the section called *name*, or ``None``."""
        return self._elf.section(name)

    @property
    def sections(self) -> tuple[Section, ...]:
        """All sections, by index."""
        return self._elf.sections

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """All symbols, by index."""
        return self._elf.symbols

    @cached_property
    def code(self) -> Code:
        """The functions, and what each calls."""
        return Code(self._elf)

    @cached_property
    def relocations(self) -> list[Relocation]:
        """The places that libbpf adapts to the running kernel, in order."""
        raw = self._elf.btf_ext
        ext = BtfExt(raw, self.btf) if raw else None
        return [one for name in (ext.sections if ext else ()) for one in self._relocate(ext, name)]

    def _relocate(self, ext: BtfExt | None, name: str) -> Iterator[Relocation]:
        section = self._elf.section(name)
        if ext is None or section is None:
            return
        lines = ext.lines(name)
        for relo in ext.core_relos(name):
            function = self.code.at(section.index, relo.offset // INSN_SIZE)
            yield Relocation(function, relo, line_of(lines, relo, function))

    def __repr__(self) -> str:
        return f"<Spec {self.name}: {len(self.programs)} programs, {len(self.maps)} maps>"
