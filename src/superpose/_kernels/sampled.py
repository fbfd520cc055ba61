"""An image's values under rows of another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native


def sampled_rows(
    image: NDArray[np.float32],
    usable: NDArray[np.bool_],
    matrix: NDArray[np.float64],
    first: int,
    step: int,
    values: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> None:
    """Fill `values` and `weights` with moving sampled along fixed's rows first, first + step, ...

    Parameters
    ----------
    image : ndarray, float32, shape (rows + 3, columns + 3)
        Moving's cubic B-spline coefficients, padded by one before and two after along each axis.
    usable : ndarray of bool, shape (rows, columns)
        Whether all pixels that the square beginning at a pixel draws on count.
    matrix : ndarray, float64, shape (3, 3)
        From fixed to moving pixels; may be projective.
    first, step : int
        Rows of fixed: from 0, and 1 on, below 2^31.
    values, weights : ndarray, float32, shape (n, fixed's columns)
        Are filled: with what is there, 0 outside, and with 1 where it counts, else 0.
    """
    _native.sampled_rows(image, usable, matrix, first, step, values, weights)
