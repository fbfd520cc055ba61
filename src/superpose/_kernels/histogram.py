"""Joint histograms of an image and a warped one, and the normal equations of any metric that is a function of one.

Each pixel of fixed has a bin; a warped value is spread over four bins by a cubic B-spline, so that the histogram, and
every smooth function of it, has derivatives by the pose. A metric's derivative by one warped value is then a look-up:
row by fixed's bin, along it the derivative of a cubic B-spline whose coefficients are the metric's derivatives by the
histogram's cells.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Pixels = NDArray[np.float32]
Bins = NDArray[np.int16]
Floats = NDArray[np.float64]


def histogram_rows(
    bins: Bins,
    image: Pixels,
    usable: NDArray[np.bool_] | NDArray[np.uint8],
    cubic: bool,
    matrix: Floats,
    low: float,
    scale: float,
    first: int,
    last: int,
    places: Pixels,
    slopes: Pixels,
    out: Floats,
) -> None:
    """Fill `out` with the joint histogram of rows (in 3D planes) first..last, and keep what was sampled.

    Parameters
    ----------
    bins : ndarray, int16, 2D or 3D
        The bin of each pixel of fixed, negative where it does not count.
    image : ndarray, float32
        Moving: pixels or, where `cubic`, cubic B-spline coefficients, padded by one before and two after along each
        axis.
    usable : ndarray of bool or uint8, shape of moving
        Whether all pixels that the square beginning at a pixel draws on count, or how much they do, in 255ths.
    cubic : bool
        See `image`.
    matrix : ndarray, float64, shape (ndim + 1, ndim + 1)
        From fixed to moving pixels; may be projective.
    low, scale : float
        A value of moving lies at (value - low) * scale among its bins, held between 1 and the last but one.
    first, last : int
        Along fixed's first axis.
    places : ndarray, float32, shape of bins
        Is filled there with the place of each sample, -1 where nothing counts.
    slopes : ndarray, float32, shape (ndim, *shape of bins)
        Is filled there with the places' derivatives by fixed's axes, with whatever it may be where nothing counts. One
        part more holds the weights of fixed's pixels, from 0 to 1, and those of the samples afterwards.
    out : ndarray, float64, shape (fixed's bins, moving's bins)
        Is filled with how many samples there are.
    """
    _native.histogram_rows(bins, image, usable, cubic, matrix, low, scale, first, last, places, slopes, out)


def slope_rows(
    bins: Bins,
    places: Pixels,
    slopes: Pixels,
    slope: Pixels,
    curvature: Pixels,
    generators: Floats,
    centre: Floats,
    radius: float,
    first: int,
    last: int,
    out: Floats,
) -> None:
    """Fill `out` with the normal equations of rows (in 3D planes) first..last.

    Parameters
    ----------
    bins, places, slopes : ndarray
        As `histogram_rows` has left them.
    slope : ndarray, float32, shape (fixed's bins, moving's bins), fewer than 2^31
        Coefficients of the cubic B-splines whose derivatives are the metric's by a place.
    curvature : ndarray, float32, shape of slope
        By linear interpolation, the second derivative to reckon with, not negative.
    generators : ndarray, float64, shape (n, ndim + 1, ndim + 1)
        They act on fixed's pixels about `centre`, in units of `radius`; in 3D affine.
    centre : ndarray, float64, shape (ndim,)
        In fixed pixels.
    radius : float
        In fixed pixels.
    first, last : int
        Along fixed's first axis.
    out : ndarray, float64, shape (`normal.sums_size(n)`,)
        Is filled with the sums, those of the two last parameters and the cost 0; the gradient's sign is that of the
        step down.
    """
    _native.slope_rows(bins, places, slopes, slope, curvature, generators, centre, radius, first, last, out)
