"""Sums of two images and of their products over the pixels that count."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Floats = NDArray[np.float64]

# What is summed: 1, p, q, p p, q q, p q, (a - b)^2, with p = a - shift_a and q = b - shift_b.
SUMS = 7


def pair_sums(
    a: NDArray[np.floating[Any]],
    b: NDArray[np.floating[Any]],
    mask: NDArray[np.bool_],
    shift_a: float,
    shift_b: float,
    first: int,
    last: int,
    out: NDArray[np.float64],
) -> None:
    """Fill `out` with the sums over first..last, in 64 bits.

    Parameters
    ----------
    a, b : ndarray, float32 or both float64, shape (n,)
        Two images of any rank, flat.
    mask : ndarray of bool, shape (n,)
        Whether a pixel counts; what does not may be any number or none.
    shift_a, shift_b : float
        Are taken off first.
    first, last : int
        Of the flat images.
    out : ndarray, float64, shape (7,)
        Is filled, see `SUMS`.
    """
    _native.pair_sums(a, b, mask, shift_a, shift_b, first, last, out)


def robust_sums(a: Floats, b: Floats, gain: float, offset: float, inverse: float, floor: float, out: Floats) -> None:
    """Fill `out` with the sums of w, w a, w b, w a a, w b b and w a b, w being Tukey's weight of a - gain b - offset.

    Parameters
    ----------
    a, b : ndarray, float64, shape (n,)
        Samples of two images.
    gain, offset : float
        What makes the second of them like the first.
    inverse : float
        One over the squared residual from where on a pair has no weight; 0 where all have the same.
    floor : float
        What each weight is raised by.
    out : ndarray, float64, shape (6,)
        Is filled.
    """
    _native.robust_sums(a, b, gain, offset, inverse, floor, out)
