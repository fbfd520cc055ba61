"""Metrics for images of one modality: squared error and correlation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from superpose.metrics.base import samples

# Pixels per block of a sum.
BLOCK = 1 << 16


def mse(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Return the mean squared difference, in squared intensity units; 0 is best.

    Parameters
    ----------
    fixed, warped : array_like of one shape
        Two images on the same grid.
    mask : array_like of bool, optional
        True where a pixel counts; default: everywhere. Pixels that are not finite in both never count.

    Raises
    ------
    InputError
        If the shapes differ or no pixel counts.
    """
    a, b = samples(fixed, warped, mask)
    total = 0.0
    for start in range(0, len(a), BLOCK):
        difference = a[start : start + BLOCK].astype(float) - b[start : start + BLOCK]
        total += float((difference * difference).sum())
    return total / len(a)


def ncc(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Return the normalised cross-correlation (Pearson), between -1 and 1; 1 is best.

    It is blind to gain and offset. Where either image is constant it is defined as 0.

    Parameters
    ----------
    fixed, warped : array_like of one shape
        Two images on the same grid.
    mask : array_like of bool, optional
        True where a pixel counts; default: everywhere. Pixels that are not finite in both never count.

    Raises
    ------
    InputError
        If the shapes differ or no pixel counts.
    """
    a, b = samples(fixed, warped, mask)
    if a.min() == a.max() or b.min() == b.max():
        return 0.0
    mean_a, mean_b = a.mean(dtype=float), b.mean(dtype=float)
    sums = np.zeros(3)
    # A block at a time, so that 64-bit copies of large images are not needed. Not `np.dot`: BLAS splits long sums among
    # its own threads, and so their bits would depend on the machine.
    for start in range(0, len(a), BLOCK):
        block = slice(start, start + BLOCK)
        p, q = np.subtract(a[block], mean_a, dtype=float), np.subtract(b[block], mean_b, dtype=float)
        sums += (p * p).sum(), (q * q).sum(), (p * q).sum()
    scale = np.sqrt(sums[0] * sums[1])
    return float(np.clip(sums[2] / scale, -1.0, 1.0)) if scale > 0 else 0.0
