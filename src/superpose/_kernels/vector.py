"""Normal equations of the squared error between a direction field and a warped one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Pixels = NDArray[np.float32]
Mask = NDArray[np.bool_]
Weights = NDArray[np.uint8]
Floats = NDArray[np.float64]


def vector_rows(
    fixed: Pixels,
    kept: Mask | Weights,
    field: Pixels,
    usable: Mask | Weights,
    matrix: Floats,
    generators: Floats,
    centre: Floats,
    radius: float,
    gain: float,
    cosine: float,
    sine: float,
    first: int,
    last: int,
    out: Floats,
) -> None:
    """Fill `out` with the sums over rows first..last of the residuals fixed - gain * turned(moving).

    Parameters
    ----------
    fixed, field : ndarray, float32, shape (rows + 3, columns + 3, 2)
        The directions of fixed and of moving, each padded by one pixel before and two after along each axis.
    kept, usable : ndarray of bool or uint8, shape (rows, columns)
        Whether a pixel of fixed counts, and whether a sample counts that is nearest to a pixel of moving; or how much,
        in 255ths.
    matrix : ndarray, float64, shape (3, 3)
        From fixed to moving pixels; may be projective.
    generators : ndarray, float64, shape (n, 3, 3)
        They act on fixed's pixels about `centre`, in units of `radius`.
    centre : ndarray, float64, shape (2,)
        In fixed pixels.
    radius : float
        In fixed pixels.
    gain : float
        Of moving's directions.
    cosine, sine : float
        Of the angle by which moving's directions are turned.
    first, last : int
        Rows of fixed.
    out : ndarray, float64, shape (`normal.sums_size(n)`,)
        Is filled with the sums; the weight is the energy of fixed, the two last parameters are gain and angle.
    """
    _native.vector_rows(
        fixed, kept, field, usable, matrix, generators, centre, radius, gain, cosine, sine, first, last, out
    )
