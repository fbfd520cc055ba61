"""The settings of features are frozen values; what each changes is tested beside the function that uses it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from superpose._features.settings import FeatureSettings

SETTINGS = FeatureSettings()


@pytest.mark.parametrize("part", [SETTINGS, *(getattr(SETTINGS, each.name) for each in fields(SETTINGS))], ids=str)
def test_defaults_are_frozen(part: Any) -> None:
    for field in fields(part):
        with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{field.name}'"):
            setattr(part, field.name, 0)


def test_reasons_are_given() -> None:
    for each in fields(SETTINGS):
        part = getattr(SETTINGS, each.name)
        described = type(part).__doc__ or ""
        assert [name.name for name in fields(part) if name.name not in described] == []
