"""What a ring's records are: of one type, of several that a rule tells apart, or plain bytes."""

from __future__ import annotations

from pyicmp.errors import LayoutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.bpf.btf.record import Record

    Rule = Callable[[memoryview], str]

__all__ = ["ByField", "RecordTypes"]


class ByField:
    """
    Tells records apart by a number in each, such as the ``kind`` that they all begin with.

    Args:
        struct: A struct that has the field, at the place where every record has it.
        field: The field's name, or a path such as ``"header.kind"``.
        names: Name of the record's struct for each number; for an enum, its enumerators'
            names will do too.

    Example:
        >>> kinds = ByField("header", "kind", {"KIND_OPEN": "open_event", 2: "exit_event"})
        >>> ring = obj.ring("events", record=kinds)  # doctest: +SKIP
    """

    def __init__(self, struct: str, field: str, names: Mapping[int | str, str]) -> None:
        self.struct, self.field, self.names = struct, field, dict(names)

    def rule(self, find: Callable[[str], Layout]) -> Rule:
        """
        Return the rule, for records of an object whose layouts *find* gives.

        Raises:
            LayoutError: There is no such struct, field or enumerator.
        """
        layout = find(self.struct)
        enum = layout.field(self.field).enum
        values = {one.name: int(one) for one in enum or ()}
        unknown = [one for one in self.names if isinstance(one, str) and one not in values]
        if unknown:
            has = ", ".join(values) or "no enumerators"
            raise LayoutError(f"{self.struct}.{self.field} is never {unknown[0]}", f"it has {has}")
        names = {values[one] if isinstance(one, str) else one: n for one, n in self.names.items()}
        unpack = layout.unpacker(self.field).one

        def rule(record: memoryview) -> str:
            number = unpack(record)[0]
            if number not in names:
                raise LayoutError(f"no type of record is known for {self.field} {number}")
            return names[number]

        return rule


class RecordTypes:
    """
    The types that a ring's records may have.

    Args:
        find: Gives a layout by its struct's name.
        record: The name of the one type; a function from a record's bytes to the name of its
            type; a ``ByField``; or None, for plain bytes.

    Attributes:
        layout: The one type, or None.
        rule: Tells a record's type, or None.
    """

    def __init__(
        self,
        find: Callable[[str], Layout] | None = None,
        record: str | Rule | ByField | Layout | None = None,
    ) -> None:
        self.layout: Layout | None = None
        self.rule: Rule | None = None
        self._find, self._kinds = find, dict[str, type["Record"]]()
        self.dtypes: dict[int, Any] = {}
        if isinstance(record, ByField):
            assert find
            self.rule = record.rule(find)
        elif isinstance(record, str):
            assert find
            self.layout = find(record)
        elif callable(record):
            self.rule = record
        else:
            self.layout = record

    def one(self, record: memoryview) -> Record | memoryview:
        """
        Return the bytes of one record by its type.

        Raises:
            LayoutError: They are fewer than the type takes, or no such type is in the BTF.
        """
        if self.rule:
            return self.kind(self.rule(record))(record)
        return self.kind()(record) if self.layout else record

    def many(self, data: bytes, size: int, start: int) -> Iterator[Record]:
        """Yield records of the one type, *size* bytes apart, from byte *start* on."""
        from pyicmp.bpf.btf.record import records  # the tracer, which has its own, never does

        return records(self.kind(), data, size, start)

    def kind(self, name: str = "") -> type[Record]:
        """Return the class of records of type *name*, or of the one type."""
        if name not in self._kinds:
            from pyicmp.bpf.btf.record import record_type

            self._kinds[name] = record_type(self.layout_of(name))
        return self._kinds[name]

    def layout_of(self, name: str = "") -> Layout:
        """Return the layout of type *name*, or of the one type."""
        found = self._find(name) if name and self._find else self.layout
        if found is None:
            raise LayoutError(
                "the records have no single type",
                "the ring was opened without one",
                "give the struct's name: obj.ring(…, record=…)",
            )
        return found
