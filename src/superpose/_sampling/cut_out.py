"""The part of a level about some points, with its directions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import matmul
from superpose._sampling.field import Field
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose.image import Grid
from superpose.transforms.geometry import IndexMap, about, apply

Floats = NDArray[np.float64]


def cut_out(pair: LevelPair, pose: IndexMap, reach: float) -> tuple[PreparedLevel, IndexMap]:
    """Return what of moving lies within `reach` times fixed's own size, either way, and the pose on its pixels.

    All of a very large image would take time and memory where a small one is looked for nearby.
    """
    corners = apply(pose, Grid(pair.fixed.shape).corners)
    low, high = corners.min(0), corners.max(0)
    wide = reach * float((high - low).max())
    size = np.array(pair.moving.shape)
    if not np.isfinite(wide) or (2 * wide + (high - low) >= size).all():
        return pair.moving, pose
    first = np.clip(np.floor(low - wide), 0, size - 2).astype(int)
    last = np.clip(np.ceil(high + wide) + 1, first + 2, size).astype(int)
    part = tuple(slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
    image, directions = pair.moving.image, pair.moving.field
    grid = Grid(
        tuple(int(n) for n in last - first), tuple(image.grid.to_physical(first.astype(float))), image.grid.spacing
    )
    cut = image.part(part, grid)
    known = Field(
        np.ascontiguousarray(directions.parts[:, *part]), np.ascontiguousarray(directions.usable[part]), cut.weights
    )
    to_cut = about(np.eye(len(first)), -first, np.zeros(len(first)))
    level = PreparedLevel(cut, pair.moving.threads, directions=known, settings=pair.moving.settings)
    return level, IndexMap(matmul(to_cut, pose))
