"""A mirrored moving image: its levels, and the reflection that leads back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._sampling.level import prepare_levels
from superpose._sampling.level_pair import LevelPair
from superpose.image import Raster

Floats = NDArray[np.float64]


def mirror_image(image: Raster) -> Raster:
    """Return an image with its columns in reverse order, on the same grid (which is symmetric about its middle)."""
    return image.part((slice(None), slice(None, None, -1)), image.grid)


def reflection(image: Raster) -> Floats:
    """Return the matrix that takes a point of the mirrored image to where it is in the image, and back."""
    matrix = np.diag([1.0, -1.0, 1.0])
    matrix[1, 2] = 2 * image.grid.centre[1]
    return matrix


def mirrored_pairs(pairs: list[LevelPair], threads: int) -> list[LevelPair]:
    """Return levels with moving mirrored.

    A mirrored level has detail only if the level itself has it, so that the scores of both can be compared.
    """
    images = [mirror_image(pair.moving.image) for pair in pairs]
    mirror_images = prepare_levels(images, threads, pairs[0].moving.settings)
    return [
        LevelPair(pair.fixed, each if pair.moving.detail is not None else each.without_detail())
        for pair, each in zip(pairs, mirror_images, strict=True)
    ]
