"""Homogeneous matrices: their last row, and the horizon that it makes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._arithmetic.matrices import dot
from superpose.errors import InputError
from superpose.transforms.geometry import is_affine

Floats = NDArray[np.float64]


def flat_row(ndim: int) -> Floats:
    """Return the last row of an affine matrix."""
    row: Floats = np.eye(ndim + 1)[-1]
    return row


def is_flat(matrix: Floats) -> bool:
    """Return whether the last row is (0, ..., 0, 1) but for rounding."""
    return bool((np.abs(matrix[-1] - flat_row(len(matrix) - 1)) <= 1e-12).all())


def _side(matrix: Floats, point: ArrayLike) -> float:
    """Return on which side of the horizon a point lies: 1 where w is positive, -1 where negative, 0 on the horizon."""
    at = np.append(np.asarray(point, float), 1.0)
    most = dot(np.abs(matrix[-1]), np.abs(at))
    part = dot(matrix[-1], at) / most if most else 0.0
    # A smaller part of the most that w could be there is what rounding left.
    return float(np.sign(part)) if abs(part) > 1e-12 else 0.0


def check_seen(matrix: Floats, centre: ArrayLike) -> None:
    """Refuse a centre on the horizon of `matrix` or behind it.

    Raises
    ------
    InputError
        If w is not positive there.
    """
    if _side(matrix, centre) <= 0:
        raise _unseen(matrix, centre, "transform")


def _unseen(matrix: Floats, centre: ArrayLike, argument: str) -> InputError:
    point = tuple(map(float, np.asarray(centre)))
    return InputError("behind-horizon", argument=argument, value=matrix.tolist(), centre=point)


def oriented(matrix: Floats, centre: Floats, argument: str) -> Floats:
    """Return the same map with w positive at the centre, and 1 as its last number where the origin is seen too.

    Raises
    ------
    InputError
        If the centre is on the horizon.
    """
    if is_affine(matrix):
        return matrix
    side = _side(matrix, centre)
    if not side:
        raise _unseen(matrix, centre, argument)
    matrix = side * matrix
    sees_origin = matrix[-1, -1] > 1e-9 * np.abs(matrix[-1]).max()
    scaled: Floats = matrix / (matrix[-1, -1] if sees_origin else np.abs(matrix).max())
    return scaled + 0.0  # no -0.0
