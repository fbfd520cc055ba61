"""Which of many poses are different ones."""

from __future__ import annotations

import numpy as np

from superpose._search.scored_pose import IndexPoses
from superpose.image import Grid
from superpose.transforms.geometry import scale_of


def different_poses(found: IndexPoses, shape: tuple[int, ...], distance: float, most: int) -> IndexPoses:
    """Return up to `most` of `found`, the best first, without those that are nearly a better one.

    Two poses are different if they take some corner of fixed more than `distance` pixels of fixed apart along an axis.
    """
    if not found:
        return []
    poses = np.array([each.pose for each in found])
    corners = np.column_stack([Grid(shape).corners, np.ones(2 ** len(shape))])
    places = np.einsum("kij,nj->kni", poses, corners)
    with np.errstate(divide="ignore", invalid="ignore"):
        places = places[..., :-1] / places[..., -1:]
    kept: list[int] = []
    for k in range(len(found)):
        # In fixed pixels, whatever the magnification.
        least = distance * scale_of(found[k].pose)
        if (np.abs(places[kept] - places[k]).max((1, 2), initial=0.0) > least).all():
            kept.append(k)
            if len(kept) == most:
                break
    return [found[k] for k in kept]
