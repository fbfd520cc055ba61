"""Poses that could be the right one instead: other shifts and other turns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._sampling.field import Field
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._search.exhaustive import search
from superpose._search.proposals import different
from superpose._search.scored_pose import ScoredPose
from superpose.image import Grid, Image
from superpose.metrics._orientation_objective import OrientationObjective
from superpose.transforms.families import family_named, turn

Floats = NDArray[np.float64]

# Turns of fixed's neighbourhood that symmetric things are tried under, in quarters.
QUARTERS = (0, 1, 2, 3)
# Shifts that leave less than this part of the overlap are not compared.
LEAST_KEPT = 0.35
# A peak this many pixels of the level from the pose is another pose.
APART = 4
# So many of them are looked at, and as far as so many times fixed's size.
RIVALS, REACH = 3, 1.5
# No more pixels of fixed's size than that are looked at.
MOST_CANVAS = 1500**2


@dataclass(frozen=True, eq=False)
class Rival:
    """Another pose, fixed to moving pixels of the level; `score` is relative to the pose's own."""

    pose: Floats
    score: float


@dataclass(frozen=True, eq=False)
class Landscape:
    """How far a pose's score lies above those of its shifts and quarter turns, in standard deviations of these."""

    above: float
    rivals: tuple[Rival, ...]


def landscape(pair: LevelPair, matrix: Floats, turning: bool, threads: int) -> Landscape:
    """Score shifts (and where `turning` quarter turns) of a pose, itself included, as the search does.

    Parameters
    ----------
    pair : LevelPair
        Levels with pixels about as large under the pose.
    matrix : ndarray, shape (3, 3)
        The pose, fixed to moving pixels of the level.
    turning : bool
        Whether the family turns.
    threads : int
        The result does not depend on it.
    """
    objective = OrientationObjective(pair.fixed, pair.moving, family_named("rigid"), threads)
    state = objective.start(matrix)
    here, overlap = objective.score(state), objective.linearised(state).overlap
    moving, matrix = _around(pair, matrix)
    middle = (np.array(pair.fixed.shape) - 1) / 2
    at = matrix @ [*middle, 1.0]
    centre = at[:2] / at[2]
    linear = (matrix[:2, :2] - np.outer(centre, matrix[2, :2])) / at[2]
    linears = [linear @ turn(quarter * np.pi / 2) for quarter in (QUARTERS if turning else (0,))]
    # A pose that shows moving as large as that shows next to nothing of it.
    if abs(np.linalg.det(linear)) < 1e-12:
        return Landscape(0.0, ())
    extents = [np.abs(np.linalg.inv(each)) @ np.array(moving.shape) + pair.fixed.shape for each in linears]
    if not max(float(np.prod(each)) for each in extents) <= MOST_CANVAS:
        return Landscape(0.0, ())
    reach = 10.0 * np.array(pair.fixed.shape)
    found, null = search(pair.fixed, moving, linears, centre, reach, LEAST_KEPT * overlap, threads)
    own = ScoredPose(matrix, np.inf, overlap)
    others = different([own, *found], pair.fixed.shape, APART, RIVALS + 1)[1:]
    back = pair.moving.image.grid
    whole = np.linalg.inv(back.index_to_physical) @ moving.image.grid.index_to_physical
    rivals = tuple(Rival(whole @ each.pose, each.score / max(here, 1e-9)) for each in others)
    return Landscape(null.beyond_mean(here), rivals)


def _around(pair: LevelPair, matrix: Floats) -> tuple[PreparedLevel, Floats]:
    """Return what of moving lies within `REACH` of fixed's own size, either way, and the pose on its pixels.

    A small image's rivals all over a very large one would take time and memory for all of that.
    """
    rows, columns = pair.fixed.shape
    corners = np.array([[0, 0, 1], [0, columns - 1, 1], [rows - 1, 0, 1], [rows - 1, columns - 1, 1.0]]) @ matrix.T
    corners = corners[:, :2] / corners[:, 2:]
    low, high = corners.min(0), corners.max(0)
    wide = REACH * float((high - low).max())
    size = np.array(pair.moving.shape)
    if not np.isfinite(wide) or (2 * wide + (high - low) >= size).all():
        return pair.moving, matrix
    first = np.clip(np.floor(low - wide), 0, size - 2).astype(int)
    last = np.clip(np.ceil(high + wide) + 1, first + 2, size).astype(int)
    part = tuple(slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
    image, field = pair.moving.image, pair.moving.field
    grid = Grid(
        tuple(int(n) for n in last - first), tuple(image.grid.to_physical(first.astype(float))), image.grid.spacing
    )
    cut = Image(np.ascontiguousarray(image.data[part]), np.ascontiguousarray(image.mask[part]), grid)
    known = Field.of(field.parts[:, *part], np.ascontiguousarray(field.usable[part]))
    shift = np.eye(3)
    shift[:2, 2] = -first
    return PreparedLevel(cut, pair.moving.threads, directions=known), shift @ matrix
