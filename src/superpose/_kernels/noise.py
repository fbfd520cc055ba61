"""What interpolation leaves of a moving image's noise, and how that changes with the pose."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

# The number of points, gain, slopes by the eight generators, and the powers u^i v^j of places, i and j to 4.
MOMENTS, POWERS = 8, 5
SUMS = 2 + MOMENTS + POWERS * POWERS


def interpolated_sums(
    gain: Floats,
    slope: Floats,
    matrix: Floats,
    fixed: Counts,
    moving: Counts,
    steps: Counts,
    centre: Floats,
    radius: float,
    out: Floats,
) -> None:
    """Fill `out` with sums over every few pixels of fixed that a pose lays on moving.

    Parameters
    ----------
    gain, slope : ndarray, float64, shape (n,)
        Of noise along one axis at fractions k / n of a pixel, and its slope, by one pixel; linear in between.
    matrix : ndarray, float64, shape (3, 3)
        From fixed to moving pixels.
    fixed, moving : ndarray, int64, shape (2,)
        The images' shapes.
    steps : ndarray, int64, shape (2,)
        The strides along fixed's axes.
    centre : ndarray, float64, shape (2,)
        In fixed pixels: generators act, and places are taken, about it.
    radius : float
        The unit of places, in fixed pixels.
    out : ndarray, float64, shape (35,)
        Is filled, see `SUMS`.
    """
    _native.interpolated_sums(gain, slope, matrix, fixed, moving, steps, centre, radius, out)
