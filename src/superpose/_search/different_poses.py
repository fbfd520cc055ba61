"""Which of many poses are different ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._search.scored_pose import IndexPoses
from superpose.image import Grid
from superpose.transforms.geometry import apply, scale_of

Floats = NDArray[np.float64]


def different_poses(found: IndexPoses, shape: tuple[int, ...], distance: float, most: int) -> IndexPoses:
    """Return up to `most` of `found`, the best first, without those that are nearly a better one.

    Two poses are different if they take some corner of fixed more than `distance` pixels of fixed apart along an axis.
    """
    corners = Grid(shape).corners
    kept: IndexPoses = []
    places: list[Floats] = []
    for each in found:
        place = apply(each.pose, corners)
        # In fixed pixels, whatever the magnification.
        size = scale_of(each.pose)
        if all(np.abs(place - other).max() > distance * size for other in places):
            kept.append(each)
            places.append(place)
            if len(kept) == most:
                break
    return kept
