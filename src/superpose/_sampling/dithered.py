"""Directions of edges on a grid that no shift lays pixel on pixel."""

from __future__ import annotations

import numpy as np

from superpose._sampling.field import Field
from superpose._sampling.level import PreparedLevel
from superpose._sampling.warp import Source, nearest, warp
from superpose.image import Grid, Raster


def dithered(image: PreparedLevel) -> PreparedLevel:
    """Return an image's field on a grid that is a little finer, about the same middle; the intensities stay behind.

    Between pixels, interpolation averages noise away and smooths what the field holds, so that a cost prefers shifts
    that end there, by up to half a pixel. On such a grid each shift meets all fractions of a pixel, and none is
    preferred.
    """
    finer = image.settings.dither
    shape = tuple(int((n - 1) * finer) + 1 for n in image.shape)
    first = [((n - 1) - (m - 1) / finer) / 2 for n, m in zip(image.shape, shape, strict=True)]
    matrix = np.array([[1 / finer, 0, first[0]], [0, 1 / finer, first[1]], [0, 0, 1.0]])
    field = image.field
    directions, there = warp(Source(field.parts, field.usable, 1), matrix, shape, image.threads)
    old = image.image.grid
    grid = Grid(shape, tuple(old.to_physical(first)), tuple(spacing / finer for spacing in old.spacing))
    nothing = Raster(np.zeros(shape, np.float32), there, grid, image.image.offset)
    weights = None if field.weights is None else nearest(field.weights, matrix, shape, 0)[0]
    known = Field(directions, there, weights)
    return PreparedLevel(nothing, image.threads, directions=known, settings=image.settings)
