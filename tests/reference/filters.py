"""Filters and half grids as sums over explicit weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def separable(data: NDArray[Any], taps: Floats) -> Floats:
    """Filter along all axes by half of a symmetric filter, mirrored about the outer pixels' centres."""
    found = data.astype(float)
    for axis in range(data.ndim):
        found = along(found, taps, axis)
    return found


def along(data: NDArray[Any], taps: Floats, axis: int) -> Floats:
    """Filter along one axis."""
    both = np.concatenate([taps[:0:-1], taps])
    return np.asarray(ndimage.correlate1d(data.astype(float), both, axis=axis, mode="mirror"))


def half_weights(size: int) -> Floats:
    """Return what each pixel of the half grid gets from each pixel, (size / 2 rounded up, size): a cut Gaussian."""
    centres = 2 * np.arange((size + 1) // 2)[:, None] + (0 if size % 2 else 0.5)
    # The whole filter has weight 1, whether or not it fits inside: nine taps on a pixel, eight between two.
    far = np.abs(np.arange(-8, size + 8) - centres)
    weights = np.where(far <= 4, np.exp(-0.5 * far**2), 0)
    return np.asarray((weights / weights.sum(1, keepdims=True))[:, 8 : 8 + size])


def half_sums(data: NDArray[Any]) -> Floats:
    """Return the blurred sums at the half grid; beyond the border is nothing."""
    for axis, size in enumerate(data.shape):
        data = np.moveaxis(np.tensordot(half_weights(size), data.astype(float), (1, axis)), 0, axis)
    return data


def halved(data: NDArray[Any], mask: Mask) -> tuple[Floats, Mask, Floats]:
    """Return the average of what counts, where at least half of the weight inside counts, and what part that is."""
    total, weight, whole = (half_sums(each) for each in (np.where(mask, data, 0), mask, np.ones(mask.shape)))
    enough = weight >= 0.5 * whole
    return np.where(enough, total / np.maximum(weight, 1e-12), 0), enough, weight / whole
