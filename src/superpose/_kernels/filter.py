"""Symmetric filters along an array's axes, the filter that halves it, and what stands for missing pixels.

Taps are half of a symmetric filter: its middle, then what neighbours on either side get; of an even one, about the
middle of a pair, what the pair gets comes first. First and last count lines of the output, along all axes but its last.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Pixels = NDArray[np.float32]
Mask = NDArray[np.bool_]


def filter_along(data: Pixels, taps: Pixels, out: Pixels, first: int, last: int) -> None:
    """Fill lines first..last of `out` with `data` filtered along its middle axis, mirrored beyond the border.

    Parameters
    ----------
    data : ndarray, float32, shape (outer, n, inner)
        Any axis of an array, between those before it and those after it.
    taps : ndarray, float32, shape (reach + 1,)
        About a pixel.
    first, last : int
        Of outer * n lines.
    out : ndarray, float32, shape of data
        Is filled.
    """
    _native.filter_along(data, taps, out, first, last)


def filter_rows(data: Pixels, taps: Pixels, before: int, out: Pixels, first: int, last: int) -> None:
    """Fill lines first..last of `out` with `data` filtered along its two last axes, mirrored beyond the border.

    Parameters
    ----------
    data : ndarray, float32, shape (images, rows, columns)
        Each image is filtered by itself.
    taps : ndarray, float32, shape (reach + 1,)
        About a pixel.
    before : int
        Where rows and columns of the output begin in `out`.
    out : ndarray, float32, shape (images, before + rows or more, before + columns or more)
        Is filled from there on, for data's rows and columns.
    first, last : int
        Of images * rows lines.
    """
    _native.filter_rows(data, taps, before, out, first, last)


def halve_along(data: Pixels, taps: Pixels, out: Pixels, first: int, last: int) -> None:
    """Fill lines first..last of `out` with the blurred sums at half of `data`'s middle axis; beyond it is nothing.

    Parameters
    ----------
    data : ndarray, float32, shape (outer, n, inner)
        Any axis of an array, between those before it and those after it.
    taps : ndarray, float32
        Five, about a pixel, where n is odd, else four, about the middle of a pair.
    out : ndarray, float32, shape (outer, (n + 1) // 2, inner)
        Is filled.
    first, last : int
        Of the lines of `out`.
    """
    _native.halve_along(data, taps, out, first, last)


def halve_rows(
    data: Pixels,
    kept: Pixels,
    complete: bool,
    row_taps: Pixels,
    column_taps: Pixels,
    line_weights: Pixels,
    column_weights: Pixels,
    out: Pixels,
    mask: Mask,
    first: int,
    last: int,
) -> None:
    """Fill lines first..last of half grids: the blurred average of what counts, and whether that is enough.

    A coarse pixel counts when half of its weight does, whatever a rounding makes of it.

    Parameters
    ----------
    data : ndarray, float32, shape (images, planes, rows, columns)
        Is 0 where `kept` is. Axes before the rows are halved already, by `halve_along`.
    kept : ndarray, float32, shape (planes, rows, columns)
        What of a pixel counts; not looked at where all do.
    complete : bool
        Whether all pixels count.
    row_taps, column_taps : ndarray, float32
        As of `halve_along`.
    line_weights : ndarray, float32, shape (planes * half the rows,)
        What of the filter lies inside, for each line of the half grid, along all axes but the last.
    column_weights : ndarray, float32, shape (half the columns,)
        The same along the last axis.
    out : ndarray, float32, shape (images, planes, half the rows, half the columns)
        Is filled; with 0 where `mask` is False.
    mask : ndarray of bool, shape (planes, half the rows, half the columns)
        Is filled.
    first, last : int
        Of planes * half the rows lines.
    """
    _native.halve_rows(
        data, kept, complete, row_taps, column_taps, line_weights, column_weights, out, mask, first, last
    )


def fill_missing(data: Pixels, mask: Mask, far: NDArray[np.int32], out: Pixels) -> None:
    """Fill `out` with the value of the pixel that counts and is nearest to each, or nearly so.

    Two sweeps pass nearest pixels on from neighbour to neighbour (G. Borgefors, "Distance transformations in digital
    images", 1986).

    Parameters
    ----------
    data : ndarray, float32, shape (rows, columns)
        Stays as it is where no pixel counts.
    mask : ndarray of bool, shape of data
        Whether a pixel counts.
    far : ndarray, int32, shape of data
        Is filled with distances, in fifths of a pixel.
    out : ndarray, float32, shape of data
        Is filled.
    """
    _native.fill_missing(data, mask, far, out)
