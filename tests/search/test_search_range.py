"""How far a search may go."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from superpose import InputError, SearchRange


def test_it_is_everywhere_unless_told_otherwise() -> None:
    assert SearchRange() == SearchRange(angle=180, scale=2, shift=np.inf)


def test_near_is_narrower_in_everything() -> None:
    near, everywhere = SearchRange.near(), SearchRange()
    assert (near.angle, near.scale, near.shift) == (15.0, 1.1, 0.15)
    assert near.angle < everywhere.angle and near.scale < everywhere.scale and near.shift < everywhere.shift


@pytest.mark.parametrize("name, value", [("angle", 0), ("scale", 1), ("shift", np.float32(0)), ("angle", np.int64(3))])
def test_the_least_and_numbers_of_numpy_may_be_given(name: str, value: Any) -> None:
    assert getattr(SearchRange(**{name: value}), name) == value


@pytest.mark.parametrize("value", [-1, -1e-9, float("nan"), "10", None, True, [1.0]])
@pytest.mark.parametrize("name, least", [("angle", "0"), ("scale", "1"), ("shift", "0")])
def test_a_limit_that_is_no_number_or_too_small_is_refused(name: str, least: str, value: Any) -> None:
    with pytest.raises(InputError, match=rf"^{name} is .*{least} or more"):
        SearchRange(**{name: value})


def test_a_scale_below_one_is_refused() -> None:
    with pytest.raises(InputError, match=r"^scale is 0\.99"):
        SearchRange(scale=0.99)


def test_it_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError, match="angle"):
        SearchRange().angle = 3.0  # type: ignore[misc]
