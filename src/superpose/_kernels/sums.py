"""Sums of two images and of their products over the pixels that count."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

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
