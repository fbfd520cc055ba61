"""Each image in a frame of its own, along its own axes: directions are taken off before, and put back after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import determinant, matmul
from superpose._sampling.warp import nearest, source, warp
from superpose.image import Grid, Raster

Floats = NDArray[np.float64]
# Pixels are squares whose sides differ by less: files keep few digits.
_SQUARE = 1e-5


def along_axes(image: Raster) -> tuple[Raster, Floats]:
    """Return an image on a grid without a direction, and the matrix from its coordinates to the user's.

    The first axis is turned round where the user's direction is a mirror, so that turns stay turns.
    """
    grid = image.grid
    direction = np.array(grid.direction) if grid.direction else np.eye(grid.ndim)
    first = np.array(grid.origin)
    if determinant(direction) < 0:
        image = image.part((slice(None, None, -1),), grid)
        first = grid.to_physical([grid.shape[0] - 1, *[0] * (grid.ndim - 1)])
        direction = direction * np.array([-1.0] + [1.0] * (grid.ndim - 1))
    to_users = np.eye(grid.ndim + 1)
    to_users[:-1, :-1], to_users[:-1, -1] = direction, first
    own = Grid(grid.shape, (), grid.spacing)
    return replace(image, grid=own), to_users


def shape_of_squares(grid: Grid) -> tuple[int, ...]:
    """Return how many square pixels, as small as a grid's along its finer axis, lie along each axis of it."""
    side = min(grid.spacing)
    if max(grid.spacing) <= side * (1 + _SQUARE):
        return grid.shape
    return tuple(1 + int((n - 1) * s / side + _SQUARE) for n, s in zip(grid.shape, grid.spacing, strict=True))


def of_squares(image: Raster, threads: int) -> Raster:
    """Return an image on square pixels: as it is, or with more pixels along its coarser axis.

    Cubic splines put them between its own, so that nothing of it is lost.
    """
    grid = image.grid
    side, shape = min(grid.spacing), shape_of_squares(grid)
    if shape == grid.shape:
        return replace(image, grid=replace(grid, spacing=(side,) * grid.ndim))
    squares = replace(grid, shape=shape, spacing=(side,) * grid.ndim)
    onto = matmul(grid.physical_to_index, squares.index_to_physical)
    data, mask = warp(source(image.data, image.mask, 3, threads), onto, shape, threads)
    weights = None if image.weights is None else nearest(image.weights, onto, shape, 0)[0]
    return Raster(np.where(mask, data, np.float32(0)), mask, squares, image.offset, weights)
