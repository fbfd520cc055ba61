"""Poses that could be the right one instead: other shifts and other turns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import dot, inverse, matmul
from superpose._sampling.cut_out import cut_out
from superpose._sampling.level_pair import LevelPair
from superpose._search.different_poses import different_poses
from superpose._search.exhaustive import search
from superpose._search.scored_pose import IndexPoses, ScoredPose
from superpose._verify.settings import RivalSettings
from superpose.metrics._orientation_objective import OrientationObjective
from superpose.metrics.settings import MetricSettings
from superpose.transforms.family import family_named
from superpose.transforms.geometry import IndexMap, apply, mean_stretch, turn

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RivalScores:
    """What the shifts and quarter turns of a pose score.

    Attributes
    ----------
    above : float
        How far the pose's own score lies above theirs, in standard deviations of these.
    rivals : list of ScoredPose
        The best of them that are other poses, between pixels of the level. Scores are parts of the pose's own.
    """

    above: float
    rivals: IndexPoses


def score_rivals(pair: LevelPair, pose: IndexMap, turning: bool, threads: int, settings: RivalSettings) -> RivalScores:
    """Score shifts (and where `turning` quarter turns) of a pose, itself included, as the search does.

    Parameters
    ----------
    pair : LevelPair
        Levels with pixels about as large under the pose.
    pose : IndexMap, shape (3, 3)
        Between pixels of the level.
    turning : bool
        Whether the family turns.
    threads : int
        The result does not depend on it.
    settings : RivalSettings
        Where they are looked for.
    """
    family = family_named("rigid", pair.fixed.image.grid.ndim)
    # A score depends on none of the metrics' settings.
    objective = OrientationObjective(pair.fixed, pair.moving, family, threads, MetricSettings())
    state = objective.start(pose)
    own_score, overlap = objective.score(state), objective.linearised(state).overlap
    moving, pose = cut_out(pair, pose, settings.reach)
    middle = (np.array(pair.fixed.shape) - 1) / 2
    centre = apply(pose, middle)
    # The pose's derivative at fixed's middle.
    linear = (pose[:-1, :-1] - np.multiply.outer(centre, pose[-1, :-1])) / (dot(pose[-1, :-1], middle) + pose[-1, -1])
    # Things may be symmetric under quarter turns of fixed's neighbourhood.
    linears = [matmul(linear, turn(quarter * np.pi / 2)) for quarter in range(4 if turning else 1)]
    # A pose that shows moving as large as that shows next to nothing of it.
    if mean_stretch(linear) < 1e-6:
        return RivalScores(0.0, [])
    extents = [matmul(np.abs(inverse(each)), np.array(moving.shape, float)) + pair.fixed.shape for each in linears]
    if not max(float(np.prod(each)) for each in extents) <= settings.max_canvas:
        return RivalScores(0.0, [])
    # Further than any shift that leaves an overlap.
    farthest = 10.0 * np.array(pair.fixed.shape)
    found, null = search(
        pair.fixed, moving, linears, centre, farthest, settings.min_kept * overlap, threads, settings.search
    )
    own = ScoredPose(pose, np.inf, overlap)
    others = different_poses([own, *found], pair.fixed.shape, settings.distance, settings.count + 1)[1:]
    whole = matmul(pair.moving.image.grid.physical_to_index, moving.image.grid.index_to_physical)
    scale = max(own_score, 1e-9)
    rivals = [ScoredPose(IndexMap(matmul(whole, each.pose)), each.score / scale, each.overlap) for each in others]
    return RivalScores(null.beyond_mean(own_score), rivals)
