"""``items()`` and ``values()`` of a map: read many at a time, not key by key."""

from __future__ import annotations

from collections.abc import ItemsView, ValuesView

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = ["MapItems", "MapValues"]


class MapItems(ItemsView["Any", "Any"]):
    """Keys with values, live: each iteration reads the map anew."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return self._mapping._access.items()  # type: ignore[attr-defined,no-any-return]


class MapValues(ValuesView["Any"]):
    """Values, live: each iteration reads the map anew."""

    def __iter__(self) -> Iterator[Any]:
        return (value for _, value in MapItems(self._mapping))  # type: ignore[attr-defined]

    def __contains__(self, value: object) -> bool:
        return any(one is value or one == value for one in self)
