"""Each volume in a frame of its own, along its own axes: directions are taken off before, and put back after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import determinant, inverse, matmul
from superpose._problem import Problem
from superpose.image import Grid, Raster
from superpose.transforms.geometry import PhysicalMap

Floats = NDArray[np.float64]


def along_axes(image: Raster) -> tuple[Raster, Floats]:
    """Return a volume on a grid without a direction, and the matrix from its coordinates to the user's, (4, 4).

    The first axis is turned round where the user's direction is a mirror, so that turns stay turns.
    """
    grid = image.grid
    direction = np.array(grid.direction) if grid.direction else np.eye(grid.ndim)
    first = np.array(grid.origin)
    data, mask = image.data, image.mask
    if determinant(direction) < 0:
        data, mask = data[::-1], mask[::-1]
        first = grid.to_physical([grid.shape[0] - 1, *[0] * (grid.ndim - 1)])
        direction = direction * np.array([-1.0] + [1.0] * (grid.ndim - 1))
    to_users = np.eye(grid.ndim + 1)
    to_users[:-1, :-1], to_users[:-1, -1] = direction, first
    own = Grid(grid.shape, (), grid.spacing)
    data, mask = np.ascontiguousarray(data), np.ascontiguousarray(mask)
    return replace(image, data=data, mask=mask, grid=own), to_users


def in_own_frames(problem: Problem) -> tuple[Problem, tuple[Floats, Floats]]:
    """Return a problem with both volumes along their own axes, and what leads back to the user's coordinates."""
    (fixed, of_fixed), (moving, of_moving) = (along_axes(each.image) for each in (problem.fixed, problem.moving))
    start = PhysicalMap(matmul(inverse(of_moving), problem.start, of_fixed))
    framed = replace(
        problem,
        fixed=replace(problem.fixed, image=fixed, kept=False),
        moving=replace(problem.moving, image=moving, kept=False),
        start=start,
    )
    return framed, (of_fixed, of_moving)
