"""An access to a field, a type or an enum's value: what a relocation asks about, on either side."""

from __future__ import annotations

from typing import NamedTuple

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.btf.ext import ENUM_KINDS, FIELD_KINDS
from pyicmp.errors import ObjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyicmp.bpf.btf.kinds import Array
    from pyicmp.bpf.btf.reader import Btf

__all__ = ["MAX_LEN", "Access", "Point", "Refused", "flexible", "parse", "size_of"]

MAX_LEN = 64


class Refused(Exception):  # noqa: N818 - it is libbpf that refuses
    """libbpf would refuse to load the object: not for what a kernel lacks, but as ambiguous."""


class Point(NamedTuple):
    """A step that matters: member ``number`` of ``type_id``, or, without name, an element."""

    type_id: int
    number: int
    name: str


class Access:
    """
    A parsed or matched access.

    Attributes:
        btf: Whose types these are.
        root: Id of the type it begins at.
        raw: Every step, unnamed members included.
        points: The steps that matter.
        bits: Where it leads, in bits from the start of the root.
    """

    __slots__ = ("bits", "btf", "points", "raw", "root")

    def __init__(self, btf: Btf, root: int) -> None:
        self.btf, self.root, self.bits = btf, root, 0
        self.raw: list[int] = []
        self.points: list[Point] = []

    def step(self, index: int) -> None:
        """Note a step; too many are refused."""
        self.room(1)
        self.raw.append(index)

    def room(self, count: int) -> None:
        """Refuse *count* more steps than libbpf has room for."""
        if len(self.raw) + count > MAX_LEN:
            raise Refused(f"the access has more than {MAX_LEN} steps")

    def element(self, type_id: int, index: int) -> None:
        """Step to element *index* of an array of *type_id*, or of the root itself."""
        self.step(index)
        self.points.append(Point(type_id, index, ""))
        self.bits += index * size_of(self.btf, type_id) * 8


def size_of(btf: Btf, type_id: int) -> int:
    """Return a type's size in bytes; one without is refused."""
    try:
        return btf.sizeof(type_id)
    except ObjectError as error:
        raise Refused(error.what) from None


def flexible(btf: Btf, last: Point | None, array: Array) -> bool:
    """Tell whether *array* is a flexible one: of length 0, the last member of its struct."""
    if last is None or not last.name or array.nelems:
        return False
    owner = btf.type(last.type_id)
    return isinstance(owner, kinds.Struct) and last.number == len(owner.members) - 1


def parse(btf: Btf, root: int, kind: str, text: str) -> Access:
    """
    Return what a relocation of the object asks about.

    Args:
        btf: The object's types.
        root: Type that the relocation names.
        kind: Its kind, as in :data:`.CORE_KINDS`.
        text: Its access string, e.g. ``"0:1:2"``.

    Raises:
        Refused: libbpf cannot read it either.
    """
    access = Access(btf, root)
    if kind not in FIELD_KINDS and kind not in ENUM_KINDS:
        if text != "0":
            raise Refused(f"access '{text}' to a type")
        return access
    try:
        steps = [int(part) for part in text.split(":")]
    except ValueError:
        raise Refused(f"access '{text}' is not made of numbers") from None
    found = btf.resolve(root)
    if kind in ENUM_KINDS:
        return _enum_value(access, found, steps)
    access.element(found.id, steps[0])
    type_id = found.id
    for index in steps[1:]:
        type_id = _step(access, type_id, index)
    return access


def _enum_value(access: Access, found: kinds.Type, steps: list[int]) -> Access:
    names = list(found.values) if isinstance(found, kinds.Enum) else []
    if len(steps) != 1 or not 0 <= steps[0] < len(names):
        raise Refused(f"'{found.name}' has no value number {steps[0]}")
    access.step(steps[0])
    access.points.append(Point(found.id, steps[0], names[steps[0]]))
    return access


def _step(access: Access, type_id: int, index: int) -> int:
    """Take one step into a struct or array, and return the type that it leads to."""
    found = access.btf.resolve(type_id)
    if isinstance(found, kinds.Struct) and 0 <= index < len(found.members):
        member = found.members[index]
        access.step(index)
        access.bits += member.bit_offset
        if member.name:
            access.points.append(Point(found.id, index, member.name))
        return member.type_id
    if isinstance(found, kinds.Array) and (
        0 <= index < found.nelems or flexible(access.btf, access.points[-1], found)
    ):
        element = access.btf.resolve(found.elem_id).id
        access.element(element, index)
        return element
    raise Refused(f"the access leads nowhere in {found.kind} '{found.name}'")
