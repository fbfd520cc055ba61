"""Resampling, one output pixel at a time in the formula's own words."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]


def mapped_grid(matrix: Floats, shape: tuple[int, ...]) -> Floats:
    """Return where each output pixel is read: shape (ndim, *shape)."""
    points = np.concatenate([np.indices(shape), np.ones((1, *shape))])
    mapped = np.tensordot(matrix, points, 1)
    before = mapped[-1] > 0  # the others lie behind the horizon: nowhere
    return np.divide(mapped[:-1], mapped[-1], out=np.full(mapped[:-1].shape, -1e9), where=before)


def warp(data: NDArray[Any], matrix: Floats, shape: tuple[int, ...], order: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Return a complete image on a grid, and where the points lie within the outer pixels' centres."""
    points = mapped_grid(matrix, shape)
    last = np.array(data.shape).reshape(-1, *[1] * len(shape)) - 1
    inside = np.all((points >= -1e-6) & (points <= last + 1e-6), axis=0)
    values = ndimage.map_coordinates(data.astype(float), np.clip(points, 0, last), order=order, mode="mirror")
    return np.where(inside, values, 0), inside


def linear_valid(mask: NDArray[np.bool_], matrix: Floats, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return where each pixel that linear interpolation gives a weight counts."""
    points = mapped_grid(matrix, shape)
    valid = np.zeros(shape, bool)
    last = np.array(mask.shape) - 1
    pixels = np.moveaxis(np.indices(mask.shape), 0, -1)
    for at in np.ndindex(*shape):
        point = points[(slice(None), *at)]
        if not (np.all(point >= -1e-6) and np.all(point <= last + 1e-6)):
            continue
        near = np.abs(pixels - np.clip(point, 0, last)) < 1 - 1e-6
        valid[at] = mask[near.all(-1)].all()
    return valid


def across(
    data: NDArray[Any], mask: NDArray[np.bool_], matrix: Floats, shape: tuple[int, ...], order: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return an image some of whose pixels are missing, and where those that count have half of the linear weight.

    A missing pixel is worth the average of what counts beside it, by 1 2 1 along each axis; there must be something.
    """
    points = mapped_grid(matrix, shape)
    filled, valid = np.where(mask, data, 0).astype(float), np.zeros(shape, bool)
    last = np.array(mask.shape) - 1
    for at in np.argwhere(~mask):
        total = over = 0.0
        for beside in product((-1, 0, 1), repeat=mask.ndim):
            weight = np.prod([2.0 - abs(step) for step in beside])
            pixel = tuple(last - np.abs(last - np.abs(at + beside)))  # mirrored
            total += weight * data[pixel] if mask[pixel] else 0
            over += weight if mask[pixel] else 0
        filled[tuple(at)] = total / over
    pixels = np.moveaxis(np.indices(mask.shape), 0, -1)
    for at in np.ndindex(*shape):
        point = points[(slice(None), *at)]
        if np.all(point >= -1e-6) and np.all(point <= last + 1e-6):
            weights = np.clip(1 - np.abs(pixels - np.clip(point, 0, last)), 0, None).prod(-1)
            valid[at] = weights[mask].sum() >= 0.5 - 1e-6
    return warp(filled, matrix, shape, order)[0], valid


def nearest(image: NDArray[Any], matrix: Floats, shape: tuple[int, ...], fill: Any) -> NDArray[Any]:
    """Return the pixel under each point (up to its outer edge), `fill` elsewhere."""
    points = np.floor(mapped_grid(matrix, shape) + 0.5).astype(int)
    size = image.shape[: len(shape)]
    out = np.full((*shape, *image.shape[len(shape) :]), fill, image.dtype)
    for at in np.ndindex(*shape):
        point = points[(slice(None), *at)]
        if np.all(point >= 0) and np.all(point < size):
            out[at] = image[tuple(point)]
    return out
