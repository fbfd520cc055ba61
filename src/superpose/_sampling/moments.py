"""Means and mean squares of pixels, on the images' own pixels rather than on 64-bit copies of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._kernels.sums import SUMS, pair_sums
from superpose._parallel import row_chunks, summed

Numbers = NDArray[np.floating[Any]]

# Sums are taken again about the means where these are this part of the mean squares.
FAR = 0.99


@dataclass(frozen=True)
class PairMoments:
    """Of two images' pixels that count: their number, and sums of products about the means.

    `aa` and `bb` are 0 exactly where an image is constant; `difference` is the sum of (a - b)^2.
    """

    count: float
    aa: float
    bb: float
    ab: float
    difference: float


def pair_moments(a: Numbers, b: Numbers, mask: NDArray[np.bool_], threads: int = 1) -> PairMoments:
    """Return the moments of two C-contiguous images of one shape, both float32 or both float64.

    Parameters
    ----------
    a, b : ndarray
        The images.
    mask : ndarray of bool
        Whether a pixel counts; one at least does.
    threads : int
        The result does not depend on it.
    """
    flat = a.ravel(), b.ravel(), mask.ravel()
    chunks = row_chunks(a.size, 1)
    some = int(np.argmax(flat[2]))

    def about(shift_a: float, shift_b: float) -> list[float]:
        sums: list[float] = summed(pair_sums, (*flat, shift_a, shift_b), chunks, (), (SUMS,), threads).tolist()
        return sums

    # About one of the pixels a constant is 0 exactly.
    shift_a, shift_b = float(flat[0][some]), float(flat[1][some])
    count, p, q, pp, qq, pq, difference = about(shift_a, shift_b)
    if p * p > FAR * count * pp or q * q > FAR * count * qq:
        # That pixel is an outlier: of the small differences of large sums not enough digits would be left.
        shift_a, shift_b = shift_a + (p / count if pp else 0.0), shift_b + (q / count if qq else 0.0)
        count, p, q, pp, qq, pq, difference = about(shift_a, shift_b)
    return PairMoments(count, pp - p * p / count, qq - q * q / count, pq - p * q / count, difference)
