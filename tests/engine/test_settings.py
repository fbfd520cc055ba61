"""The engine's settings are frozen values; what each class changes is tested beside the function that uses it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import Any

import pytest

from superpose._engine.settings import DEFAULTS


def parts(value: Any) -> list[Any]:
    """Return a settings value and those nested in it."""
    nested = [getattr(value, field.name) for field in fields(value)]
    return [value, *(part for each in nested if is_dataclass(each) for part in parts(each))]


@pytest.mark.parametrize("part", parts(DEFAULTS[2]), ids=lambda part: type(part).__name__)
def test_defaults_are_frozen(part: Any) -> None:
    for field in fields(part):
        with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{field.name}'"):
            setattr(part, field.name, 0)


def test_sizes_of_the_search_are_read_only() -> None:
    with pytest.raises(TypeError, match="does not support item assignment"):
        DEFAULTS[2].basins.sides["rigid"] = (1, 1)  # type: ignore[index]
