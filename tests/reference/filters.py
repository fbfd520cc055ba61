"""Filters and half grids as sums over explicit weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def separable(data: NDArray[Any], taps: Floats) -> Floats:
    """Filter along both axes by half of a symmetric filter, mirrored about the outer pixels' centres."""
    both = np.concatenate([taps[:0:-1], taps])
    down = ndimage.correlate1d(data.astype(float), both, axis=0, mode="mirror")
    return np.asarray(ndimage.correlate1d(down, both, axis=1, mode="mirror"))


def half_weights(size: int) -> Floats:
    """Return what each pixel of the half grid gets from each pixel, (size / 2 rounded up, size): a cut Gaussian."""
    centres = 2 * np.arange((size + 1) // 2)[:, None] + (0 if size % 2 else 0.5)
    # The whole filter has weight 1, whether or not it fits inside: nine taps on a pixel, eight between two.
    far = np.abs(np.arange(-8, size + 8) - centres)
    weights = np.where(far <= 4, np.exp(-0.5 * far**2), 0)
    return np.asarray((weights / weights.sum(1, keepdims=True))[:, 8 : 8 + size])


def halved(data: NDArray[Any], mask: Mask) -> tuple[Floats, Mask, Floats]:
    """Return the average of what counts, where at least half of the weight inside counts, and what part that is."""
    by_row, by_column = (half_weights(n) for n in data.shape)
    total, weight, whole = (
        by_row @ each.astype(float) @ by_column.T for each in (np.where(mask, data, 0), mask, np.ones(mask.shape))
    )
    enough = weight >= 0.5 * whole
    return np.where(enough, total / np.maximum(weight, 1e-12), 0), enough, weight / whole
