"""How far a pose may be off, in its own parameters and at the corners of fixed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul
from superpose._refine.objective import ErrorModel
from superpose.image import Grid
from superpose.transforms.family import Family
from superpose.transforms.geometry import (
    PhysicalMap,
    apply,
    normalised,
    squared_side,
    to_index,
    to_physical,
    volume_ratio,
)

Floats = NDArray[np.float64]


def pose_covariance(
    model: ErrorModel,
    matrix: PhysicalMap,
    family: Family,
    fixed: Grid,
    swapped: bool,
    small: float,
) -> tuple[Floats | None, float]:
    """Return the covariance of a pose's parameters, and its expected error at fixed's corners in pixels of fixed.

    Parameters
    ----------
    model : ErrorModel
        Of the pose. Its images may be in either order.
    matrix : PhysicalMap
        From fixed to moving physical coordinates.
    family : Family
        Of transforms.
    fixed : Grid
        Of the fixed image.
    swapped : bool
        Whether what `model` calls moving is fixed.
    small : float
        How far a parameter is moved, in pixels at the corner, to see what that does.

    Returns
    -------
    covariance : ndarray, shape (n, n), or None
        Of ``family.vector(matrix, fixed.centre, 1.0)``. None where the images do not determine the pose.
    error : float
        Root mean square over the corners, one sigma; infinite where there is no covariance.
    """
    grids = model.fixed.image.grid, model.moving.image.grid
    physical = PhysicalMap(inverse(matrix)) if swapped else matrix
    index = normalised(to_index(physical, *grids))
    steps = model.covariance(index)
    if steps is None:
        return None, np.inf

    def seen(step: Floats) -> Floats:
        """Return the parameters and where the corners lie after a step."""
        there = to_physical(model.frame.moved(index, matmul(family.basis, step)), *grids)
        there = PhysicalMap(inverse(there)) if swapped else there
        return np.concatenate([family.vector(there, fixed.centre, 1.0), apply(there, fixed.corners).ravel()])

    jacobian = np.stack([(seen(step) - seen(-step)) / (2 * small) for step in small * np.eye(len(steps))], 1)
    both = matmul(jacobian, steps, jacobian.T)
    pixel = volume_ratio(normalised(matrix)) * float(np.prod(fixed.spacing))
    moved_by = np.trace(both[family.size :, family.size :]) / len(fixed.corners)
    error = float(np.sqrt(moved_by / squared_side(max(pixel, 1e-300), fixed.ndim)))
    if not np.isfinite(both).all():
        return None, np.inf
    return both[: family.size, : family.size], error
