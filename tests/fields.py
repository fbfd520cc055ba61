"""Scenes seen through a field of view that stays where it is, for tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from superpose.transforms.geometry import PhysicalMap
from tests.scenes import moving_view

Floats = NDArray[np.float64]
SHAPE = (300, 320)
MIDDLE = (149.5, 159.5)


def depth_in_disc(radius: float = 135.0, centre: tuple[float, float] = MIDDLE) -> Floats:
    """Return how deep each pixel lies in a disc with a notch."""
    rows, columns = np.indices(SHAPE)
    notch = 9 - np.hypot(rows - centre[0] + radius, columns - centre[1])
    return np.maximum(radius - np.hypot(rows - centre[0], columns - centre[1]), notch)


def depth_in_octagon() -> Floats:
    """Return how deep each pixel lies in a square whose corners are cut off."""
    rows, columns = np.abs(np.indices(SHAPE) - np.array(MIDDLE)[:, None, None])
    return np.minimum(130 - np.maximum(rows, columns), (200 - rows - columns) / np.sqrt(2))


def seen_through(
    depth: Floats, truth: Floats, seed: int, contrast: float = 12.0, soft: float = 0.8, ground: float = 3.0
) -> Floats:
    """Return what a camera sees at a pose through a field, with noise."""
    field = ndimage.gaussian_filter((depth > 0).astype(float), soft)
    scene = 110 + contrast * moving_view(SHAPE, PhysicalMap(truth), 4.0)
    return ground + field * (scene - ground) + np.random.default_rng(seed).normal(0, 1.5, SHAPE)
