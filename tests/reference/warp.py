"""Resampling, one output pixel at a time in the formula's own words."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]


def mapped_grid(matrix: Floats, shape: tuple[int, ...]) -> Floats:
    """Return where each output pixel is read: shape (ndim, *shape)."""
    pixels = np.indices(shape).reshape(len(shape), -1)
    mapped = matrix @ np.vstack([pixels, np.ones(pixels.shape[1])])
    before = mapped[-1] > 0  # the others lie behind the horizon: nowhere
    found = np.divide(mapped[:-1], mapped[-1], out=np.full(pixels.shape, -1e9), where=before)
    return found.reshape(len(shape), *shape)


def warp(data: NDArray[Any], matrix: Floats, shape: tuple[int, ...], order: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Return a complete image on a grid, and where the points lie within the outer pixels' centres."""
    points = mapped_grid(matrix, shape)
    last = np.array(data.shape)[:, None, None] - 1
    inside = np.all((points >= -1e-6) & (points <= last + 1e-6), axis=0)
    values = ndimage.map_coordinates(data.astype(float), np.clip(points, 0, last), order=order, mode="mirror")
    return np.where(inside, values, 0), inside


def linear_valid(mask: NDArray[np.bool_], matrix: Floats, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return where each pixel that linear interpolation gives a weight counts."""
    points = mapped_grid(matrix, shape)
    valid = np.zeros(shape, bool)
    last = np.array(mask.shape) - 1
    for at in np.ndindex(*shape):
        r, c = points[(slice(None), *at)]
        if not (-1e-6 <= r <= last[0] + 1e-6 and -1e-6 <= c <= last[1] + 1e-6):
            continue
        r, c = min(max(r, 0.0), last[0]), min(max(c, 0.0), last[1])
        drawn = [
            mask[i, j]
            for i in range(mask.shape[0])
            for j in range(mask.shape[1])
            if abs(i - r) < 1 - 1e-6 and abs(j - c) < 1 - 1e-6
        ]
        valid[at] = all(drawn)
    return valid


def nearest(image: NDArray[Any], matrix: Floats, shape: tuple[int, ...], fill: Any) -> NDArray[Any]:
    """Return the pixel under each point (up to its outer edge), `fill` elsewhere."""
    points = np.floor(mapped_grid(matrix, shape) + 0.5).astype(int)
    out = np.full((*shape, *image.shape[2:]), fill, image.dtype)
    for at in np.ndindex(*shape):
        r, c = points[(slice(None), *at)]
        if 0 <= r < image.shape[0] and 0 <= c < image.shape[1]:
            out[at] = image[r, c]
    return out
