"""Rows and columns along the border whose pixels are missing: an image that was padded is the same image."""

from __future__ import annotations

import math

import numpy as np

from superpose.image import Grid, Raster

Box = tuple[slice, ...]


def present_box(image: Raster, least: float = 0.0) -> Box:
    """Return what is left of an image without the rows and columns along its border that are missing throughout.

    Or those of which less than the part `least` is there of what the fullest one has: on a coarse level a pixel at the
    border of what is missing may count.
    """
    mask = image.mask
    if image.complete:
        return tuple(slice(0, n) for n in mask.shape)
    kept = []
    for axis in range(mask.ndim):
        across = tuple(k for k in range(mask.ndim) if k != axis)
        if least:
            counts = np.count_nonzero(mask, axis=across)
            there = np.flatnonzero(counts >= max(1.0, least * float(counts.max())))
        else:
            # Counting takes ten times as long.
            there = np.flatnonzero(mask.any(across))
        kept.append(slice(int(there[0]), int(there[-1]) + 1) if len(there) else slice(0, mask.shape[axis]))
    return tuple(kept)


def present_area(image: Raster) -> int:
    """Return how many pixels `present_box` leaves of an image."""
    return math.prod(each.stop - each.start for each in present_box(image))


def without_missing_margins(image: Raster, least: float = 0.0) -> Raster:
    """Return what `present_box` leaves of an image."""
    box = present_box(image, least)
    shape = tuple(each.stop - each.start for each in box)
    if shape == image.mask.shape:
        return image
    origin = image.grid.to_physical(np.array([each.start for each in box], float))
    return image.part(box, Grid(shape, tuple(float(each) for each in origin), image.grid.spacing))
