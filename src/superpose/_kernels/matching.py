"""Which descriptors are nearest to which, and which matches speak for each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Floats = NDArray[np.float64]
Descriptors = NDArray[np.int16]
Integers = NDArray[np.int32]

# The squared distance of what is not there.
NONE = 2**31 - 1


def nearest_two(
    a: Descriptors,
    b: Descriptors,
    own: Integers,
    squares: Integers,
    places: NDArray[np.float32],
    apart: float,
    index: NDArray[np.int64],
    far: Integers,
    first: int,
    last: int,
) -> None:
    """Fill `index` with the row of `b` nearest to each of `a`, and `far` with how far it and the next one elsewhere is.

    Parameters
    ----------
    a, b : ndarray, int16, shape (n, 128) and (m, 128)
        Descriptors; sums of squares are to stay within 32 bits.
    own, squares : ndarray, int32, shape (n,) and (m,)
        Sums of their squares.
    places : ndarray, float32, shape (m, 2)
        Where those of `b` are.
    apart : float
        Only what lies farther than that from the nearest one is elsewhere.
    index : ndarray, int64, shape (n,)
        Is filled; of several, with the first.
    far : ndarray, int32, shape (n, 2)
        Is filled with squared distances, `NONE` where nothing is elsewhere.
    first, last : int
        Rows of `a`.
    """
    _native.nearest_two(a, b, own, squares, places, apart, index, far, first, last)


def support(
    fixed: Floats,
    moving: Floats,
    maps: Floats,
    weights: Floats,
    near: float,
    reach: float,
    pixels: float,
    relative: float,
    alike: float,
    out: Floats,
    first: int,
    last: int,
) -> None:
    """Fill `out` with the weight of those other matches that a match's own map predicts, place and map.

    Parameters
    ----------
    fixed, moving : ndarray, float64, shape (n, 2)
        Matching points.
    maps : ndarray, float64, shape (n, 2, 2)
        What takes a fixed point's neighbourhood to its moving point's.
    weights : ndarray, float64, shape (n,)
        What each is worth.
    near, reach : float
        Others count from one distance to another, in pixels of fixed.
    pixels, relative : float
        They are to lie within so many pixels (of fixed, as the map shows them, but no less than a quarter of moving's)
        and a part of the predicted distance,
    alike : float
        and the cosine between both maps is to be so large, and areas the same within four times.
    out : ndarray, float64, shape (n,)
        Is filled.
    first, last : int
        Matches.
    """
    _native.support(fixed, moving, maps, weights, near, reach, pixels, relative, alike, out, first, last)


def transfer_errors(fixed: Floats, moving: Floats, matrix: Floats, maps: Floats, alike: float, out: Floats) -> None:
    """Fill `out` with the squared errors of points that a matrix takes to their partners.

    P. D. Sampson's distance: how far, squared, both points together need to move, to first order.

    Parameters
    ----------
    fixed, moving : ndarray, float64, shape (n, 2)
        Pairs of points.
    matrix : ndarray, float64, shape (3, 3)
        From fixed to moving; the last number of a point that it takes is positive where the scene is seen.
    maps : ndarray, float64, shape (n, 2, 2)
        What takes the points' neighbourhoods to each other.
    alike : float
        The cosine between these and the matrix's derivative is to be so large, and areas the same within four times.
    out : ndarray, float64, shape (n,)
        Is filled; infinite where nothing is seen, or the maps are not alike.
    """
    _native.transfer_errors(fixed, moving, matrix, maps, alike, out)


def transfer_sums(fixed: Floats, moving: Floats, matrix: Floats, weights: Floats, out: Floats) -> None:
    """Fill `out` with the normal equations of the matrix that takes points to their partners.

    What is least squared is Sampson's distance, its spread that of `matrix`.

    Parameters
    ----------
    fixed, moving, matrix
        As of `transfer_errors`.
    weights : ndarray, float64, shape (n,)
        What each pair counts.
    out : ndarray, float64, shape (9, 9)
        Is filled: of the matrix's numbers row by row without the last one, which is 1, and of the right side.
    """
    _native.transfer_sums(fixed, moving, matrix, weights, out)
