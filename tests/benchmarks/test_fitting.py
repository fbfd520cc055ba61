"""The fit of what uncertainty is made of: on errors that were drawn with a known spread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.fitting import spread, uncertainty


def drawn(count: int, factor: float, floor: float, sigmas: tuple[float, float], corners: int = 4) -> list[Any]:
    rng = np.random.default_rng(3)
    sigma = rng.uniform(*sigmas, count)
    real = np.hypot(factor * sigma, floor)[:, None, None] / np.sqrt(2)
    gaps = real * rng.normal(size=(count, corners, 2))
    return [{"gaps": each.tolist(), "sigma": s} for each, s in zip(gaps, sigma, strict=True)]


@pytest.mark.parametrize("factor, floor", [(0.8, 0.0), (1.5, 0.03)])
def test_the_factor_and_the_floor_that_errors_were_drawn_with_are_found(factor: float, floor: float) -> None:
    found = uncertainty(drawn(3000, factor, floor, (0.005, 0.2)), [])
    assert found["factor"] == pytest.approx(factor, rel=0.08)
    assert found["floor"] == pytest.approx(floor, abs=0.012)


@pytest.mark.slow
def test_groups_count_alike_however_large() -> None:
    many, few = drawn(2000, 0.7, 0.0, (0.2, 2.0)), drawn(200, 1.4, 0.0, (0.2, 2.0), corners=2)
    alone, both, turned = uncertainty(many), uncertainty(many, few), uncertainty(few, many)
    assert both == turned
    assert alone["factor"] < 0.75 and 0.85 < both["factor"] < 1.3


def test_a_group_too_small_says_nothing() -> None:
    many = drawn(500, 0.7, 0.0, (0.2, 2.0))
    assert uncertainty(many, drawn(5, 3.0, 0.0, (0.2, 2.0))) == uncertainty(many)
    assert uncertainty([], []) == {"factor": 1.0, "floor": 0.0}


def test_each_coordinate_has_its_records_error() -> None:
    gaps, sigma = spread([{"gaps": [[1, 2], [3, 4]], "sigma": np.sqrt(2)}, {"gaps": [[5, 6]], "sigma": 2 * np.sqrt(2)}])
    np.testing.assert_allclose(gaps, [1, 2, 3, 4, 5, 6])
    np.testing.assert_allclose(sigma, [1, 1, 1, 1, 2, 2])
