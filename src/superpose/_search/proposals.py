"""Proposals of the exhaustive search: which of its peaks are different poses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._sampling.level import PreparedLevel
from superpose._search.exhaustive import search
from superpose._search.null_distribution import NullDistribution
from superpose._search.scored_pose import IndexPoses
from superpose._search.search_range import SearchRange
from superpose._search.settings import SearchSettings
from superpose.image import Grid
from superpose.transforms.geometry import IndexMap, apply, scale_of

Floats = NDArray[np.float64]


def propose(
    fixed: PreparedLevel,
    moving: PreparedLevel,
    linears: list[Floats],
    limits: SearchRange,
    start: IndexMap,
    min_overlap: float,
    threads: int,
    settings: SearchSettings,
) -> tuple[IndexPoses, NullDistribution]:
    """Return the peaks of the search on one level that are different poses, by falling score, and its null."""
    shape = fixed.shape
    middle = (np.array(shape) - 1) / 2
    centre = start[:-1, :-1] @ middle + start[:-1, -1]
    reach = np.minimum(limits.shift, settings.farthest_shift) * np.array(shape)
    found, null = search(fixed, moving, linears, centre, reach, min_overlap, threads, settings)
    return different_poses(found, shape, settings.apart, settings.proposals), null


def different_poses(found: IndexPoses, shape: tuple[int, ...], distance: float, most: int) -> IndexPoses:
    """Return the best of `found` (sorted by score) that lie a `distance` apart at some corner, in pixels of fixed."""
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
