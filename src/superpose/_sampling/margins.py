"""Rows and columns along the border whose pixels are missing: an image that was padded is the same image."""

from __future__ import annotations

import numpy as np

from superpose.image import Grid, Image


def without_missing_margins(image: Image) -> Image:
    """Return the image without the rows and columns along its border of which less than half is there.

    Half as much is there as in the fullest one: on a coarse level a pixel at the border of what is missing may count.
    """
    if image.complete:
        return image
    kept = []
    for axis in range(image.mask.ndim):
        counts = np.moveaxis(image.mask, axis, 0).reshape(image.mask.shape[axis], -1).sum(1)
        there = np.flatnonzero(2 * counts >= max(1, counts.max()))
        if not len(there):
            return image
        kept.append(slice(int(there[0]), int(there[-1]) + 1))
    data, mask = image.data[tuple(kept)], image.mask[tuple(kept)]
    if mask.shape == image.mask.shape:
        return image
    origin = image.grid.to_physical(np.array([each.start for each in kept], float))
    grid = Grid(mask.shape, tuple(float(each) for each in origin), image.grid.spacing)
    return Image(np.ascontiguousarray(data), np.ascontiguousarray(mask), grid, image.offset)
