"""The directions of a 2D image's gradient, Scharr's: where all nine pixels count that it is made of, elsewhere 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Pixels = NDArray[np.float32]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


def gradient_lengths(data: Pixels, mask: Mask, first: int, last: int, out: Floats) -> None:
    """Fill `out` with the sum of the gradient's lengths over rows first..last, and how many pixels have one.

    Parameters
    ----------
    data : ndarray, float32, shape (rows, columns)
        The image.
    mask : ndarray of bool, shape (rows, columns)
        Whether a pixel counts.
    first, last : int
        Rows.
    out : ndarray, float64, shape (2,)
        Is filled; a length is a pixel's difference.
    """
    _native.gradient_lengths(data, mask, first, last, out)


def directions(
    data: Pixels, mask: Mask, damping: float, signs: bool, out: Pixels, usable: Mask, first: int, last: int
) -> None:
    """Fill rows first..last of `out` with directions, real and imaginary part, and of `usable` with where they are.

    With the gradient g = row part + i column part that is g / (|g| + damping), or g^2 / (|g| (|g| + damping)), which
    does not depend on which side of an edge is the brighter one.

    Parameters
    ----------
    data : ndarray, float32, shape (rows, columns)
        The image.
    mask : ndarray of bool, shape (rows, columns)
        Whether a pixel counts.
    damping : float
        A gradient's length.
    signs : bool
        Whether to tell an edge from the one with its sides exchanged.
    out : ndarray, float32, shape (2, rows, columns)
        Is filled.
    usable : ndarray of bool, shape (rows, columns)
        Is filled with whether a pixel has a direction.
    first, last : int
        Rows.
    """
    _native.directions(data, mask, damping, signs, out, usable, first, last)


def padded(parts: Pixels, out: Pixels) -> None:
    """Fill `out` with directions as kernels sample them, both channels of a pixel side by side.

    Parameters
    ----------
    parts : ndarray, float32, shape (2, rows, columns)
        Real and imaginary part.
    out : ndarray, float32, shape (rows + 3, columns + 3, 2)
        Is filled; the border of one pixel before and two after with 0, no sample draws on it with weight.
    """
    _native.padded(parts, out)
