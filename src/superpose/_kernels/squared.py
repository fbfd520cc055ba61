"""Normal equations of the squared, or robust, error between an image and a warped one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Pixels = NDArray[np.float32]
Mask = NDArray[np.bool_]
Weights = NDArray[np.uint8]
Floats = NDArray[np.float64]

# Under a smaller cutoff one over its square is beyond float32.
SMALLEST_CUTOFF = 1e-18


def squared_rows(
    fixed: Pixels,
    kept: Mask | Weights,
    image: Pixels,
    usable: Mask | Weights,
    whole: bool,
    cubic: bool,
    matrix: Floats,
    generators: Floats,
    centre: Floats,
    radius: float,
    gain: float,
    offset: float,
    cutoff: float,
    first: int,
    last: int,
    cuts: NDArray[np.int64],
    out: Floats,
) -> None:
    """Fill `out` with the sums over rows (in 3D planes) first..last, apart for columns cuts[k]..cuts[k + 1].

    A residual is fixed - gain * moving - offset, and costs its square, or under a finite cutoff what Tukey's biweight
    makes of it (scaled so that small residuals cost their square).

    Parameters
    ----------
    fixed : ndarray, float32, 2D or 3D
        Its pixels.
    kept : ndarray of bool or uint8, shape of fixed
        Whether a pixel counts, or how much, in 255ths.
    image : ndarray, float32
        Moving: pixels or, where `cubic`, cubic B-spline coefficients, padded by one before and two after along each
        axis.
    usable : ndarray of bool or uint8, shape of moving
        Whether all pixels that the square beginning at a pixel draws on count, or how much they do, in 255ths; not
        looked at where moving is `whole`.
    whole, cubic : bool
        See `usable` and `image`.
    matrix : ndarray, float64, shape (ndim + 1, ndim + 1)
        From fixed to moving pixels; may be projective.
    generators : ndarray, float64, shape (n, ndim + 1, ndim + 1)
        They act on fixed's pixels about `centre`, in units of `radius`; in 3D affine.
    centre : ndarray, float64, shape (ndim,)
        In fixed pixels.
    radius : float
        In fixed pixels.
    gain, offset : float
        Of moving's intensities.
    cutoff : float
        Of the biweight, in units of fixed, at least `SMALLEST_CUTOFF`; infinite for plain squares, as which it is taken
        as well where one over its square is below float32's normal numbers, from 9.3e18 on.
    first, last : int
        Along fixed's first axis.
    cuts : ndarray, int64, shape (parts + 1,)
        Along fixed's last axis.
    out : ndarray, float64, shape (parts, `normal.sums_size(n)`)
        Is filled with the sums; the weight is that of the residuals, the two last parameters are gain and offset.
    """
    _native.squared_rows(
        fixed,
        kept,
        image,
        usable,
        whole,
        cubic,
        matrix,
        generators,
        centre,
        radius,
        gain,
        offset,
        cutoff,
        first,
        last,
        cuts,
        out,
    )
