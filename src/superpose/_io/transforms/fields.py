"""Fields of plain data, read by name and kind: one that is no such thing is refused by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf, isfinite, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Fields:
    """A JSON object, and where in the document it stands.

    Each method returns a field's value, or raises a ValueError that names the field, what it is and what it must be.
    """

    def __init__(self, data: Any, place: str = "") -> None:
        if not isinstance(data, dict):
            raise _wrong(place or "the document", data, "an object")
        self._data: dict[str, Any] = data
        self._place = place

    @classmethod
    def of_document(cls, data: Any, form: str, version: int, elsewhere: Mapping[str, str]) -> Fields:
        """Return a document's fields, if it is of a format and version; `elsewhere` says who reads other formats."""
        kind = data.get("format") if isinstance(data, dict) else None
        if kind != form:
            raise ValueError((isinstance(kind, str) and elsewhere.get(kind)) or "it is not marked as one")
        of = cls(data)
        if of.count("version") != version:
            raise ValueError(f"its version is {of.count('version')}, and this superpose reads {version}")
        return of

    def has(self, name: str) -> bool:
        """Whether the field is there, and not null."""
        return self._data.get(name) is not None

    def at(self, name: str) -> str:
        """Return what errors call a field."""
        return f"{self._place}.{name}" if self._place else name

    def raw(self, name: str) -> Any:
        """Return a field as it is."""
        if name not in self._data:
            raise ValueError(f"{self.at(name)} is missing")
        return self._data[name]

    def fields(self, name: str) -> Fields:
        """Return an object."""
        return Fields(self.raw(name), self.at(name))

    def list(self, name: str) -> list[Any]:
        """Return a list."""
        value = self.raw(name)
        if not isinstance(value, list):
            raise _wrong(self.at(name), value, "a list")
        return value

    def each(self, name: str) -> Iterator[Fields]:
        """Yield the objects of a list; none if there is no such field."""
        for number, value in enumerate(self.list(name) if self.has(name) else ()):
            yield Fields(value, f"{self.at(name)}[{number}]")

    def items(self) -> Iterator[tuple[str, Any]]:
        """Yield names and values as they are."""
        yield from self._data.items()

    def string(self, name: str) -> str:
        """Return a text."""
        return checked_text(self.raw(name), self.at(name))

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self.raw(name)
        if not isinstance(value, bool):
            raise _wrong(self.at(name), value, "true or false")
        return value

    def number(self, name: str, low: float = -inf, high: float = inf) -> float:
        """Return a finite number from `low` to `high`."""
        return checked_number(self.raw(name), self.at(name), low, high)

    def measure(self, name: str, low: float = -inf, high: float = inf) -> float:
        """Return a number that may be unknown (null, or no such field: NaN), or "infinite" if `high` is."""
        if not self.has(name):
            return nan
        return inf if high == inf and self.raw(name) == "infinite" else self.number(name, low, high)

    def count(self, name: str, low: int = 0) -> int:
        """Return a whole number of at least `low`."""
        return _checked_count(self.raw(name), self.at(name), low)

    def counts(self, name: str, low: int = 0) -> tuple[int, ...]:
        """Return whole numbers of at least `low`."""
        return tuple(_checked_count(value, f"{self.at(name)}[{k}]", low) for k, value in enumerate(self.list(name)))

    def numbers(self, name: str, low: float = -inf) -> tuple[float, ...]:
        """Return finite numbers of at least `low`."""
        return tuple(checked_number(value, f"{self.at(name)}[{k}]", low) for k, value in enumerate(self.list(name)))

    def rows(self, name: str, length: int | None = None) -> Floats:
        """Return finite numbers, (n, length); where no length is given, as many as there are rows."""
        rows = self.list(name)
        length = len(rows) if length is None else length
        if not all(isinstance(row, list) and len(row) == length for row in rows):
            raise ValueError(f"{self.at(name)} is no list of lists of {length} numbers")
        place = self.at(name)
        values = [[checked_number(value, f"{place}[{k}]") for value in row] for k, row in enumerate(rows)]
        return np.array(values, float).reshape(-1, length)


def checked_text(value: Any, place: str) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise _wrong(place, value, "a text")
    return value


def checked_number(value: Any, place: str, low: float = -inf, high: float = inf) -> float:
    """Return a finite number from `low` to `high`."""
    # Whole numbers in JSON have no end, and the largest float has.
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
    if not (is_number and isfinite(value) and low <= value <= high):
        bounds = "" if low == -inf else f" of {low:g} or more" if high == inf else f" from {low:g} to {high:g}"
        raise _wrong(place, value, f"a number{bounds}")
    return float(value)


def _checked_count(value: Any, place: str, low: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value < 2**63:
        raise _wrong(place, value, f"a whole number of {low} or more")
    return value


def _wrong(place: str, value: Any, kind: str) -> ValueError:
    return ValueError(f"{place} is {value!r}, and must be {kind}")
