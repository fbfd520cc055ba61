"""Scenes that moved under something that did not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from superpose.image import Grid, Mask, Raster
from superpose.transforms.geometry import PhysicalMap, about

Floats = NDArray[np.float64]
SHAPE = (200, 220)


def image_of(data: Floats, mask: Mask | None = None) -> Raster:
    kept = np.ones(data.shape, bool) if mask is None else mask
    return Raster(np.ascontiguousarray(data, np.float32), kept, Grid(data.shape))


def scene(row: int = 0, column: int = 0, seed: int = 0) -> Floats:
    """Return a view of a scene of blots, from 0 to 255, that begins at a row and a column of it."""
    wide = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(280, 300)), 4)
    wide = 255 * (wide - wide.min()) / (wide.max() - wide.min())
    return wide[40 + row : 40 + row + SHAPE[0], 40 + column : 40 + column + SHAPE[1]].copy()


def noisy(image: Floats, seed: int, sigma: float = 2.0) -> Floats:
    return image + sigma * np.random.default_rng(seed).normal(size=image.shape)


def shift(row: float, column: float) -> PhysicalMap:
    return PhysicalMap(about(np.eye(2), np.array([row, column]), np.zeros(2)))
