"""The running kernel's names of functions, and their addresses."""

from __future__ import annotations

import errno
import re
from bisect import bisect_right

from pyicmp.errors import NotSupported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    *("KALLSYMS", "Symbols"),
    *("resolve_symbol", "symbol_address", "symbol_addresses", "symbol_spans"),
]

KALLSYMS = "/proc/kallsyms"

# What compilers append to a function that still is the whole function. Not .cold and .part:
# those are pieces of one, and returning from a piece is not returning from the function.
_TWIN = rb"(?:\.(?:isra|constprop|llvm)\.[0-9A-Za-z_]+)+"


def resolve_symbol(name: str, kallsyms: str = KALLSYMS) -> str:
    """
    Return *name* if the kernel has that function, else its one compiler-made twin.

    A twin is ``name.isra.N``, ``name.constprop.N``, ``name.llvm.HASH`` or a chain of these.

    Args:
        name: A function's name in the kernel's source.
        kallsyms: A file in the format of /proc/kallsyms; no privilege is needed for names.

    Raises:
        NotSupported: There is none (``errno`` ENOENT), or there are several (EADDRNOTAVAIL;
            the message lists them).

    Example:
        >>> resolve_symbol("ip_rcv_finish_core")  # doctest: +SKIP
        'ip_rcv_finish_core.constprop.0'
    """
    found = _functions(name, kallsyms)
    exact = [symbol for symbol in found if symbol.partition(" ")[0] == name]
    matches = exact or found
    if len(matches) == 1:
        return matches[0].partition(" ")[0]
    what = f"cannot find the kernel function {name}"
    if matches:
        listed = ", ".join(matches)
        raise NotSupported(
            what,
            f"{len(matches)} functions could be meant: {listed}",
            "name one of them" if not exact else "attach another way",
            errno=errno.EADDRNOTAVAIL,
        )
    raise NotSupported(
        what,
        f"neither it nor an .isra, .constprop or .llvm twin is in {kallsyms}",
        _near(name, kallsyms)
        or "it may be inlined in this kernel, or called otherwise: attach another way",
        errno=errno.ENOENT,
    )


def _near(name: str, kallsyms: str) -> str:
    """Return ``did you mean …?``, from the functions that begin as *name* does."""
    from pyicmp.bpf.btf.shape import did_you_mean

    pattern = rb"^[0-9a-f]+ [tT] (%s\w+)(?:\t|$)" % re.escape(name[:4]).encode()
    with open(kallsyms, "rb") as file:
        begun = {found.decode() for found in re.findall(pattern, file.read(), re.MULTILINE)}
    return did_you_mean(name, begun)


def _functions(name: str, kallsyms: str) -> list[str]:
    """Return ``symbol`` or ``symbol [module]`` for each text symbol that is *name* or a twin."""
    pattern = rb"^[0-9a-f]+ [tT] (%s(?:%s)?)(?:\t(\[\w+\]))?$" % (re.escape(name).encode(), _TWIN)
    try:
        with open(kallsyms, "rb") as file:
            text = file.read()
    except OSError as error:
        raise NotSupported(
            f"cannot find the kernel function {name}",
            f"cannot read {kallsyms}: {error.strerror}",
            "mount /proc",
            errno=error.errno or 0,
        ) from None
    return [
        b" ".join(part for part in match.groups() if part).decode()
        for match in re.finditer(pattern, text, re.MULTILINE)
    ]


def symbol_address(name: str, kallsyms: str = KALLSYMS) -> int | None:
    """Return the address of a function or a variable; None if it is not told (CAP_SYSLOG)."""
    return symbol_addresses([name], kallsyms).get(name) or None


def symbol_addresses(names: Iterable[str], kallsyms: str = KALLSYMS) -> dict[str, int]:
    """Return the addresses of those that the kernel has (not its modules); 0 if not told."""
    return {name: begin for name, (begin, _) in symbol_spans(names, kallsyms).items()}


def symbol_spans(names: Iterable[str], kallsyms: str = KALLSYMS) -> dict[str, tuple[int, int]]:
    """
    Return where those begin that the kernel has (not its modules), and where what follows does.

    Args:
        names: Of functions or variables.
        kallsyms: A file in the format of /proc/kallsyms; where addresses are not told, both are 0.
    """
    try:
        with open(kallsyms, "rb") as file:
            text = file.read()
    except OSError:
        return {}
    found = {}
    for name in names:
        at = text.find(b" %s\n" % name.encode())  # a pattern would take ten times as long
        if at >= 0:
            found[name] = _span(text, text.rfind(b"\n", 0, at) + 1)
    return found


def _span(text: bytes, at: int) -> tuple[int, int]:
    """Return the address in the line that begins at *at*, and the next greater one below."""
    begin = end = int(text[at : at + 16], 16)
    while begin and end <= begin and 0 < (at := text.find(b"\n", at) + 1) < len(text):
        end = int(text[at : at + 16], 16)
    return begin, end


class Symbols:
    """
    Which function an address is in; read when it is first asked for, and again for modules.

    Args:
        kallsyms: A file in the format of /proc/kallsyms.
    """

    def __init__(self, kallsyms: str = KALLSYMS) -> None:
        self._kallsyms = kallsyms
        self._functions: list[tuple[bytes, bytes]] = []
        self._kernel: tuple[bytes, bytes] = (b"", b"")  # where its own text begins and ends

    def at(self, address: int) -> tuple[str, int] | None:
        """
        Return the function's name and how far into it the address is, bytes.

        None if the kernel does not tell addresses (kernel.kptr_restrict, CAP_SYSLOG).
        """
        text = b"%016x" % address
        if not self._kernel[0] <= text < self._kernel[1]:  # modules come and go
            self._functions = sorted(self._read())
            marks = {name: start for start, name in self._functions}
            self._kernel = marks.get(b"_stext", b""), marks.get(b"_etext", b"")
        at = bisect_right(self._functions, (text, b"\xff"))
        if not at:
            return None
        start, name = self._functions[at - 1]
        return (name.decode(), address - int(start, 16)) if int(start, 16) else None

    def _read(self) -> list[tuple[bytes, bytes]]:
        try:
            with open(self._kallsyms, "rb") as file:
                text = file.read()
        except OSError:
            return []
        return re.findall(rb"^([0-9a-f]{16}) [tTwW] ([^\t\n]+)", text, re.MULTILINE)
