"""Scales beyond the first band: found, and said where they were not searched."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from superpose import Registration, SearchRange, register
from superpose._engine.magnification import bands_of_scale
from superpose._engine.settings import DEFAULTS
from superpose.transforms.geometry import scale_of
from tests.scenes import problem_of

Floats = NDArray[np.float64]
SIDE = 256


@cache
def scene() -> Floats:
    """Return structure of all sizes, so that any part of it can be told from any other."""
    rng = np.random.default_rng(11)
    layers = [sigma * ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), sigma) for sigma in (2, 4, 8, 16)]
    return np.asarray(np.sum(layers, 0))


def view(scale: float, shape: tuple[int, int], at: tuple[float, float]) -> Floats:
    """Return what a camera sees whose pixels are `scale` pixels of the scene wide, its first one at `at`."""
    smooth = ndimage.gaussian_filter(scene(), 0.5 * np.sqrt(max(scale * scale - 1, 0)))
    places = np.moveaxis(np.indices(shape), 0, -1) * scale + at
    return ndimage.map_coordinates(smooth, np.moveaxis(places, -1, 0), order=3)


def error(result: Registration, scale: float, at: tuple[float, float]) -> float:
    middle = (np.array(result.fixed_grid.shape) - 1) / 2
    return float(np.abs(np.asarray(result.to_moving([middle])) - (middle * scale + at)).max())


@pytest.mark.slow
@pytest.mark.parametrize(
    "scale, shape, at",
    [(3.3, (66, 66), (20.0, 24.0)), (1 / 3.3, (200, 200), (120.0, 90.0))],
    ids=["made smaller", "magnified"],
)
def test_a_part_of_the_scene_at_another_scale_is_found(
    scale: float, shape: tuple[int, int], at: tuple[float, float]
) -> None:
    fixed = view(scale, shape, at)
    result = register(fixed, scene(), transform="similarity", search=SearchRange(scale=4), threads=1)
    assert result.reliable
    assert error(result, scale, at) < 0.2
    swapped = register(scene(), fixed, transform="similarity", search=SearchRange(scale=4), threads=1)
    np.testing.assert_allclose(swapped.transform.matrix @ result.transform.matrix, np.eye(3), atol=1e-9)


@pytest.mark.slow
def test_what_scales_were_tried_is_said_where_nothing_was_found() -> None:
    fixed = view(1 / 3.3, (200, 200), (120.0, 90.0))
    result = register(fixed, scene(), transform="similarity", threads=1, on_unreliable="ignore")
    assert not result.reliable
    (said,) = [each for each in result.warnings if "scales-searched" in each]
    assert "from 0.5 to 2 only; pass such as search=SearchRange(scale=4)" in said
    rigid = register(fixed, scene(), threads=1, on_unreliable="ignore")
    assert "scales-searched" not in str(rigid.warnings)
    assert "the search tried no other scale, for a rigid transform has none; pass transform='sim" in str(rigid.warnings)


def test_bands_cover_the_range_once() -> None:
    problem = problem_of(scene(), scene(), transform="similarity")
    levels = problem.fixed.prepared_plain_levels(1)
    bands = list(bands_of_scale(problem, levels, levels, SearchRange(scale=5.0), DEFAULTS[2]))
    ends = []
    for each in bands:
        middle = scale_of(each.problem.start)
        ends.append((middle / each.limits.scale, middle * each.limits.scale))
    np.testing.assert_allclose(sorted(ends), [(0.2, 0.25), (0.25, 0.5), (0.5, 2), (2, 4), (4, 5)], rtol=1e-12)
    sides = [(each.pairs[0].fixed.shape[0], each.pairs[0].moving.shape[0]) for each in bands]
    assert sides == [(256, 256), (256, 128), (128, 256), (256, 64), (64, 256)]


@pytest.mark.parametrize("scale", [1e6, np.inf])
def test_no_band_is_wider_than_the_images(scale: float) -> None:
    problem = problem_of(scene(), scene(), transform="similarity")
    levels = problem.fixed.prepared_plain_levels(1)
    bands = list(bands_of_scale(problem, levels, levels, SearchRange(scale=scale), DEFAULTS[2]))
    assert max(scale_of(each.problem.start) * each.limits.scale for each in bands) == pytest.approx(16)


@pytest.mark.parametrize("family, scale", [("rigid", 4.0), ("similarity", 2.0), ("similarity", 1.1)])
def test_an_ordinary_range_is_one_band(family: str, scale: float) -> None:
    problem = problem_of(scene(), scene(), transform=family)
    levels, limits = problem.fixed.prepared_plain_levels(1), SearchRange(scale=scale)
    (band,) = bands_of_scale(problem, levels, levels, limits, DEFAULTS[2])
    assert band.problem is problem
    assert band.limits is limits
