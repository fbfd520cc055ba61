"""Sums over blocks of pixels of products of two fields of directions and their derivatives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Pixels = NDArray[np.float32]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

# How many sums `direction_blocks` fills in.
SUMS = 20


def direction_blocks(
    fixed: Pixels,
    moving: Pixels,
    mask: Mask,
    cosine: float,
    sine: float,
    block: int,
    out: Floats,
    first: int,
    last: int,
) -> None:
    """Fill lines first..last of blocks with sums of products, in both channels, of what counts.

    Let X be moving's directions turned by the angle, R and C their differences between rows and between columns, a
    pixel's change, and T = (-X1, X0) their change by a turn; F, P, Q and U those of fixed. A difference is 0 where one
    of the pixels that it is between does not count.

    Parameters
    ----------
    fixed, moving : ndarray, float32, shape (2, rows, columns)
        Directions of edges on the same pixels.
    mask : ndarray of bool, shape (rows, columns)
        Whether a pixel counts.
    cosine, sine : float
        Of the angle by which moving's directions are turned.
    block : int
        Pixels along a block's sides, a power of two up to 64; those at the end of an axis may be cut.
    out : ndarray, float64, shape (SUMS, lines of blocks, blocks)
        Is filled with F R, F C, F T, X R, X C, R R, R C, C C, R T, C T, T T, R P, R Q, C P, C Q, R U, C U, T P, T Q
        and T U.
    first, last : int
        Along out's second axis.
    """
    _native.direction_blocks(fixed, moving, mask, cosine, sine, block, out, first, last)
