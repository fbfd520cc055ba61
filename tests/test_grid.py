"""Grids of images and volumes: where pixels lie."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from superpose import Grid
from superpose.transforms.geometry import apply

EACH = [
    Grid((40, 61)),
    Grid((40, 61), (5, -3), (2.0, 0.5)),
    Grid((9, 40, 61)),
    Grid((9, 40, 61), (1, 5, -3), (3.0, 2.0, 0.5)),
]
each_grid = pytest.mark.parametrize("grid", EACH, ids=lambda grid: f"{grid.ndim}D-{grid.spacing[0]:g}")


@each_grid
def test_there_and_back(grid: Grid) -> None:
    index = np.random.default_rng(1).uniform(-5, 70, (4, 5, grid.ndim))
    there = grid.to_physical(index)
    assert there.shape == index.shape
    assert_allclose(there[2, 3], [o + i * s for o, i, s in zip(grid.origin, index[2, 3], grid.spacing, strict=True)])
    assert_allclose(grid.to_index(there), index, atol=1e-12)
    assert_allclose(apply(grid.index_to_physical, index), there, atol=1e-12)


@each_grid
def test_corners_centre_and_radius(grid: Grid) -> None:
    last = np.array(grid.shape) - 1
    assert grid.corners.shape == (2**grid.ndim, grid.ndim)
    assert_array_equal(grid.corners[0], grid.origin)
    assert_array_equal(grid.corners[-1], grid.to_physical(last))
    # The last axis runs fastest.
    assert_array_equal(grid.corners[1], grid.to_physical([*[0] * (grid.ndim - 1), last[-1]]))
    assert len(np.unique(grid.corners, axis=0)) == 2**grid.ndim
    assert_allclose(grid.corners.mean(0), grid.centre)
    assert_allclose(np.linalg.norm(grid.corners - grid.centre, axis=1), grid.radius)


@each_grid
def test_a_pixel_reaches_half_a_pixel_beyond_its_centre(grid: Grid) -> None:
    half, last = np.full(grid.ndim, 0.49), np.array(grid.shape) - 1
    inside = grid.to_physical([-half, last + half, last / 2])
    assert grid.contains(inside).tolist() == [True, True, True]
    for axis in range(grid.ndim):
        for index in (-0.51, last[axis] + 0.51):
            point = last / 2
            point[axis] = index
            assert not grid.contains(grid.to_physical(point))


def test_extent_names_each_axis_s_range() -> None:
    assert EACH[-1].extent == "1..25, 5..83, -3..27"


def test_by_hand() -> None:
    grid = Grid((5, 9), (10, 20), (2, 0.5))
    assert_array_equal(grid.to_physical((1, 2)), (12, 21))
    assert_array_equal(grid.centre, (14, 22))
    assert grid.radius == pytest.approx(np.hypot(4, 2))
    assert_array_equal(grid.corners, [[10, 20], [10, 24], [18, 20], [18, 24]])


def test_origin_and_spacing_may_be_left_out() -> None:
    assert Grid((5, 9)) == Grid((5, 9), (0, 0), (1, 1))
    assert Grid((5, 9, 2)) == Grid((5, 9, 2), (0, 0, 0), (1, 1, 1)) != Grid((5, 9))
    assert hash(Grid((5, 9))) == hash(Grid([5, 9]))  # type: ignore[arg-type]
    assert (Grid((5, 9)).ndim, Grid((5, 9, 2)).ndim) == (2, 3)
