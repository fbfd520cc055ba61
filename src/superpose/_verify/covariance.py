"""How far a pose may be off, in its own parameters and at the corners of fixed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul
from superpose._refine.objective import ErrorModel
from superpose._solution import Undo
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
    undo: Undo,
    small: float,
) -> tuple[Floats | None, float]:
    """Return the covariance of a pose's parameters, and its expected error at fixed's corners in pixels of fixed.

    Parameters
    ----------
    model : ErrorModel
        Of the pose, for the pair as the solver worked on it.
    matrix : PhysicalMap
        From fixed to moving physical coordinates.
    family : Family
        Of transforms.
    fixed : Grid
        Of the fixed image.
    undo : Undo
        From poses of the solver's pair to those of the user's.
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
    index = normalised(to_index(undo.to_solvers(matrix), *grids))
    steps = model.covariance(index)
    if steps is None:
        return None, np.inf

    # A perspective magnifies one corner more than another: there a pixel of fixed is no longer that of the matrix.
    back = PhysicalMap(inverse(matrix)) if family.perspective else None

    def corners(pose: PhysicalMap) -> Floats:
        """Return where fixed's corners lie in moving, or in a perspective, what else of fixed lies there."""
        return apply(pose if back is None else PhysicalMap(matmul(back, pose)), fixed.corners)

    def seen(step: Floats) -> Floats:
        """Return the parameters and where the corners lie after a step."""
        there = undo.to_users(to_physical(model.frame.moved(index, matmul(model.basis, step)), *grids))
        return np.concatenate([family.vector(there, fixed.centre, 1.0), corners(there).ravel()])

    jacobian = np.stack([(seen(step) - seen(-step)) / (2 * small) for step in small * np.eye(len(steps))], 1)
    both = matmul(jacobian, steps, jacobian.T)
    magnified = 1.0 if family.perspective else volume_ratio(normalised(matrix))
    pixel = magnified * float(np.prod(fixed.spacing))
    moved_by = np.trace(both[family.size :, family.size :]) / len(fixed.corners)
    error = float(np.sqrt(moved_by / squared_side(max(pixel, 1e-300), fixed.ndim)))
    if not np.isfinite(both).all():
        return None, np.inf
    return both[: family.size, : family.size], error
