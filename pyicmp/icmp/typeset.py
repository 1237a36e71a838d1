"""
Sets of ICMP types and codes, as ``-t/--type`` names them.

``TYPE[/CODE][,…]``: a type or group by name or number, with one code or all; a code's name alone
where only one type has it. A name means what it means in each family; a number is the same number
in both. ``!`` takes away, and where nothing is added, from all. Groups: ``errors``, ``queries``,
``echo``, ``ndp``, ``mld``.
"""

from __future__ import annotations

from pyicmp.errors import UsageError
from pyicmp.icmp.registry import CODES, TYPES
from pyicmp.icmp.types import ECHO, ERRORS, EXTENDED_ECHO, QUERIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

__all__ = ["GROUPS", "TypeSet", "parse"]

FAMILIES = (4, 6)
ALL_CODES = (1 << 256) - 1
#: What a group's name means, by family.
GROUPS: dict[str, dict[int, frozenset[int]]] = {
    "echo": ECHO,
    "errors": ERRORS,
    "mld": {4: frozenset(), 6: frozenset({130, 131, 132, 143})},
    "ndp": {4: frozenset(), 6: frozenset(range(133, 138))},
    "queries": {family: QUERIES[family] | EXTENDED_ECHO[family] for family in FAMILIES},
}


class TypeSet:
    """
    Types and codes of both families.

    Args:
        masks: By family, for each type a number whose bit N stands for code N.
    """

    __slots__ = ("_masks",)

    def __init__(self, masks: dict[int, list[int]]) -> None:
        self._masks = masks

    def __contains__(self, message: tuple[int, int, int]) -> bool:
        """Return whether family, type, code are in it."""
        family, kind, code = message
        return bool(self._masks[family][kind] >> code & 1)

    @property
    def families(self) -> frozenset[int]:
        """The families of which anything is in it."""
        return frozenset(family for family, masks in self._masks.items() if any(masks))

    def among(self, types: Mapping[int, Container[int]]) -> TypeSet:
        """Return what of it is of *types*, which are by family."""
        return TypeSet({
            family: [mask if kind in types[family] else 0 for kind, mask in enumerate(masks)]
            for family, masks in self._masks.items()
        })  # fmt: skip

    def bitmap(self, family: int) -> bytes:
        """
        Return 256 times 32 bytes: for each type a set of codes.

        Code C is bit C % 8 of byte C // 8.
        """
        return b"".join(mask.to_bytes(32, "little") for mask in self._masks[family])


def parse(expressions: Sequence[str]) -> TypeSet:
    """
    Return what any of the expressions adds, less what any of them takes away.

    Args:
        expressions: What stood after each ``-t``.

    Raises:
        UsageError: A name or number means nothing, or a code's name could be of several types.

    Example:
        >>> chosen = parse(["errors,!unreachable/port", "echo-request"])
        >>> (4, 3, 1) in chosen, (6, 1, 4) in chosen, (6, 128, 0) in chosen
        (True, False, True)
    """
    terms = [term.strip().lower() for expression in expressions for term in expression.split(",")]
    added = _masks(_resolve(term) for term in terms if not term.startswith("!"))
    taken = _masks(_resolve(term[1:].strip()) for term in terms if term.startswith("!"))
    if all(term.startswith("!") for term in terms):
        added = {family: [ALL_CODES] * 256 for family in FAMILIES}
    return TypeSet(
        {
            family: [mask & ~less for mask, less in zip(added[family], taken[family], strict=True)]
            for family in FAMILIES
        }
    )


def _masks(resolved: Iterable[list[tuple[int, int, int]]]) -> dict[int, list[int]]:
    masks = {family: [0] * 256 for family in FAMILIES}
    for entries in resolved:
        for family, kind, codes in entries:
            masks[family][kind] |= codes
    return masks


def _resolve(term: str) -> list[tuple[int, int, int]]:
    """Return family, type and mask of codes for all that a term means."""
    name, slash, code = term.partition("/")
    types = _types(name)
    if not slash:
        return [(family, kind, ALL_CODES) for family, kind in types] or _code_alone(name)
    if not types:
        raise _unknown(name, [name for name, _ in _type_names()])
    if code.isdecimal():
        mask = 1 << _number(code, "code")
        return [(family, kind, mask) for family, kind in types]
    found = [
        (family, kind, 1 << number)
        for (family, kind, number), called in _code_names()
        if called == code and (family, kind) in types
    ]
    if not found:
        of = [called for (family, kind, _), called in _code_names() if (family, kind) in types]
        raise _unknown(term, [f"{name}/{called}" for called in of])
    return found


def _types(name: str) -> list[tuple[int, int]]:
    """Return family and number of each type that a name, number or group means."""
    if name.isdecimal():
        return [(family, _number(name, "type")) for family in FAMILIES]
    if name in GROUPS:
        return [(family, kind) for family in FAMILIES for kind in sorted(GROUPS[name][family])]
    return [found for called, found in _type_names() if called == name]


def _code_alone(name: str) -> list[tuple[int, int, int]]:
    found = [where for where, called in _code_names() if called == name]
    types = sorted({TYPES[family][kind][0] for family, kind, _ in found})
    if not found:
        known = [called for called, _ in _type_names()] + [called for _, called in _code_names()]
        raise _unknown(name, [*known, *GROUPS])
    if len(types) > 1:
        what = f"{name} is a code of {len(types)} ICMP types"
        raise UsageError(what, "", f"write {types[-1]}/{name}, say")
    return [(family, kind, 1 << code) for family, kind, code in found]


def _type_names() -> list[tuple[str, tuple[int, int]]]:
    return [
        (name, (family, kind)) for family in FAMILIES for kind, (name, _) in TYPES[family].items()
    ]


def _code_names() -> list[tuple[tuple[int, int, int], str]]:
    return [
        ((family, kind, code), name)
        for family in FAMILIES
        for (kind, code), (name, _) in CODES[family].items()
    ]


def _number(text: str, what: str) -> int:
    number = int(text) if len(text) < 10 else 256
    if number > 255:
        raise UsageError(f"there is no ICMP {what} {text[:20]}", f"{what}s go from 0 to 255")
    return number


def _unknown(name: str, known: list[str]) -> UsageError:
    from pyicmp.bpf.btf.shape import did_you_mean

    near = did_you_mean(name, dict.fromkeys(known), most=1)
    fix = near or "try echo-request, 3/4, errors"
    return UsageError(f"no ICMP type {name!r}", "", fix)
