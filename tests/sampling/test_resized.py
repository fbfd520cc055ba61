"""Images with pixels a little larger: where they lie, what takes no part."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._sampling.pyramid import resized
from superpose.image import Grid, Raster

SHAPES = [(40, 57), (33, 32), (5, 90)]
FACTORS = [1.03, 1.4142, 1.99]


def ramp(at: NDArray[np.float64]) -> NDArray[np.float64]:
    return 3.0 + 0.25 * at[..., 0] - 0.5 * at[..., 1]


def points(grid: Grid) -> NDArray[np.float64]:
    return grid.to_physical(np.moveaxis(np.indices(grid.shape), 0, -1))


def image(values: NDArray[np.float64], mask: NDArray[np.bool_], grid: Grid) -> Raster:
    return Raster(np.where(mask, values, 0).astype(np.float32), mask, grid, 7.0)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_ramp_stays_the_ramp_at_its_points(shape: tuple[int, int], factor: float) -> None:
    grid = Grid(shape, (2.0, -1.0), (1.5, 0.5))
    fine = image(ramp(points(grid)), np.ones(shape, bool), grid)
    coarse = resized(fine, factor)
    assert coarse.grid.spacing == tuple(factor * s for s in grid.spacing)
    assert coarse.grid.shape == tuple(max(4, int(n / factor)) for n in shape)
    np.testing.assert_allclose(coarse.grid.centre, grid.centre, rtol=0, atol=1e-9)
    assert coarse.offset == 7.0
    # The blur leans inwards at the border.
    away = 4
    inner = tuple(slice(away, max(n - away, away)) for n in coarse.grid.shape)
    np.testing.assert_allclose(coarse.data[inner], ramp(points(coarse.grid))[inner], rtol=0, atol=1e-3)
    assert coarse.mask[inner].all()
    assert min(shape) < 10 or coarse.data[inner].size > 50


@pytest.mark.parametrize("factor", FACTORS)
def test_missing_pixels_stay_out(factor: float) -> None:
    grid, mask = Grid((48, 40)), np.ones((48, 40), bool)
    mask[14:30, 9:21] = False
    values = np.where(mask, 5.0, 1e4)
    coarse = resized(image(values, mask, grid), factor)
    np.testing.assert_allclose(coarse.data[coarse.mask], 5, rtol=1e-5)
    assert (coarse.data[~coarse.mask] == 0).all()
    at = points(coarse.grid)
    # A pixel counts where all that it is interpolated from do.
    hole = np.all((at > (13, 8)) & (at < (30, 21)), axis=-1)
    beyond = np.any((at < 0) | (at > np.array(grid.shape) - 1), axis=-1)
    np.testing.assert_array_equal(coarse.mask, ~hole & ~beyond)


def test_by_a_factor_of_one_nothing_happens() -> None:
    fine = image(np.eye(8), np.ones((8, 8), bool), Grid((8, 8)))
    assert resized(fine, 1.0) is fine


@pytest.mark.parametrize("factor", [1.5, 2.0])
def test_what_the_larger_pixels_cannot_hold_is_damped(factor: float) -> None:
    """At the new grid's Nyquist frequency half is left, as of a Gaussian of sigma sqrt(factor^2 - 1) / sqrt(3)."""
    stripes = np.cos(np.pi * np.indices((64, 64))[1])
    coarse = resized(image(stripes, np.ones((64, 64), bool), Grid((64, 64))), factor)
    left = np.exp(-0.5 * np.pi**2 * (factor**2 - 1) / 3)
    assert np.abs(coarse.data[8:-8, 8:-8]).max() < 1.1 * left + 0.01
