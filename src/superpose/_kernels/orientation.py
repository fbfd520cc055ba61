"""The gradient of a 2D image, and its direction whatever the contrast's sign."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Pixels = NDArray[np.float32]
Mask = NDArray[np.bool_]


def gradients(data: Pixels, mask: Mask, by_row: Pixels, by_column: Pixels, usable: Mask) -> float:
    """Fill in Scharr's gradient of an image, and return its mean length.

    Parameters
    ----------
    data : ndarray, float32, shape (rows, columns)
        The image.
    mask : ndarray of bool, shape (rows, columns)
        Whether a pixel counts.
    by_row, by_column : ndarray, float32, shape (rows, columns)
        Are filled with the gradient, a pixel's difference; 0 where it is not usable.
    usable : ndarray of bool, shape (rows, columns)
        Is filled with where all nine pixels count.

    Returns
    -------
    float
        Over what is usable; 0 where nothing is.
    """
    mean: float = _native.gradients(data, mask, by_row, by_column, usable)
    return mean


def doubled(by_row: Pixels, by_column: Pixels, damping: float, padded: Pixels) -> None:
    """Fill `padded` with g^2 / (|g| (|g| + damping)), g = row part + i column part.

    Parameters
    ----------
    by_row, by_column : ndarray, float32, shape (rows, columns)
        The gradient.
    damping : float
        In the gradient's unit.
    padded : ndarray, float32, shape (rows + 3, columns + 3, 2)
        Is filled; the border of one pixel before and two after with 0, no sample draws on it with weight.
    """
    _native.doubled(by_row, by_column, damping, padded)
