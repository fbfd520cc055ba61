"""Metrics for images of one modality: squared error and correlation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose.metrics.base import Values, samples


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
    difference = a.astype(float) - b
    return float(np.mean(difference * difference))


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
    a, b = (_deviations(values) for values in samples(fixed, warped, mask))
    # Not `np.dot`: BLAS splits long sums among its own threads, and so their bits would depend on the
    # machine.
    scale = np.sqrt((a * a).sum() * (b * b).sum())
    return float(np.clip((a * b).sum() / scale, -1.0, 1.0)) if scale > 0 else 0.0


def _deviations(values: Values) -> NDArray[np.float64]:
    """Return the differences from the mean; exact zeros for a constant, whatever its mean is rounded to."""
    if values.min() == values.max():
        return np.zeros(len(values))
    exact = values.astype(float)
    deviations: NDArray[np.float64] = exact - exact.mean()
    return deviations
