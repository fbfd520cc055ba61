"""Metrics for images of one modality: squared error and correlation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from superpose.metrics.base import samples


def mse(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Return the mean squared difference, in squared intensity units; 0 is best.

    Parameters
    ----------
    fixed, warped : array_like of one shape
        Two images on the same grid.
    mask : array_like of bool, optional
        True where a pixel counts; default: where both are finite.

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
        True where a pixel counts; default: where both are finite.

    Raises
    ------
    InputError
        If the shapes differ or no pixel counts.
    """
    a, b = (values.astype(float) for values in samples(fixed, warped, mask))
    a -= a.mean()
    b -= b.mean()
    scale = np.sqrt(np.dot(a, a) * np.dot(b, b))
    return float(np.clip(np.dot(a, b) / scale, -1.0, 1.0)) if scale > 0 else 0.0
