"""Resample images through a homogeneous matrix, a band of rows (in 3D of planes) at a time.

The matrix may be projective: points are divided by w, and one with w <= 0, behind the horizon, is nowhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Pixels = NDArray[np.float32]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

# Of whole images, by their rank: where the pixels to be filled begin in the output, and those given in the input.
NO_OFFSETS = {ndim: np.zeros((2, ndim), np.int64) for ndim in (2, 3)}

# Rounding may put a point that lies on the border just outside it.
EDGE = 1e-6


def _where(offsets: NDArray[np.int64] | None, valid: Mask) -> NDArray[np.int64] | None:
    return NO_OFFSETS.get(valid.ndim) if offsets is None else offsets


def warp_linear(
    data: Pixels,
    mask: Mask,
    whole: bool,
    matrix: Floats,
    out: Pixels,
    valid: Mask,
    first: int,
    last: int,
    offsets: NDArray[np.int64] | None = None,
) -> None:
    """Fill first..last of each of `out` with that of `data` at the mapped points, linearly interpolated.

    A point is valid when it lies within the outer pixels' centres and every pixel that it draws on counts; elsewhere
    `out` is 0.

    Parameters
    ----------
    data : ndarray, float32, shape (images, *shape), each 2D or 3D
        Images that share a mask.
    mask : ndarray of bool, shape of each image
        Whether a pixel counts; not looked at where the images are `whole`.
    whole : bool
        Whether all pixels count.
    matrix : ndarray, float64, shape (ndim + 1, ndim + 1)
        From output to input pixels.
    out : ndarray, float32, as many images, of data's rank
        Is filled.
    valid : ndarray of bool, shape of each of `out`
        Is filled.
    first, last : int
        Along valid's first axis.
    offsets : ndarray, int64, shape (2, ndim), optional
        `matrix` leads from pixels of a whole output to those of a whole input, of which these are parts: where `out`
        begins in the one, and `data` in the other. Pixels have the bits that they have in the whole.
    """
    _native.warp_linear(data, mask, whole, matrix, EDGE, _where(offsets, valid), out, valid, first, last)


def warp_cubic(
    coefficients: Pixels,
    mask: Mask,
    whole: bool,
    matrix: Floats,
    out: Pixels,
    valid: Mask,
    first: int,
    last: int,
    offsets: NDArray[np.int64] | None = None,
) -> None:
    """Do what `warp_linear` does with a cubic B-spline of given `coefficients` (prefiltered, mirror).

    A point is valid under the same conditions: the mask is asked for the pixels around it only.
    """
    _native.warp_cubic(coefficients, mask, whole, matrix, EDGE, _where(offsets, valid), out, valid, first, last)


def warp_nearest(
    source: NDArray[np.int64],
    matrix: Floats,
    out: NDArray[np.int64],
    valid: Mask,
    first: int,
    last: int,
    offsets: NDArray[np.int64] | None = None,
) -> None:
    """Fill first..last of `out` with the nearest pixel's flat index; valid to its outer edge, elsewhere 0.

    Parameters
    ----------
    source : ndarray, int64, shape (ndim,)
        The input's shape.
    matrix : ndarray, float64, shape (ndim + 1, ndim + 1)
        From output to input pixels.
    out : ndarray, int64, 2D or 3D
        Is filled.
    valid : ndarray of bool, shape of out
        Is filled.
    first, last : int
        Along out's first axis.
    offsets : ndarray, int64, shape (2, ndim), optional
        As for `warp_linear`; indices are those of the part.
    """
    _native.warp_nearest(source, matrix, _where(offsets, valid), out, valid, first, last)
