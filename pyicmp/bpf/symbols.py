"""Finds the name under which the running kernel has a function."""

from __future__ import annotations

import errno
import re

from pyicmp.errors import NotSupported

__all__ = ["KALLSYMS", "resolve_symbol"]

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
