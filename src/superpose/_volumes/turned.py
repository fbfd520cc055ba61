"""How far a turn that a family has none of takes the corners, where no structure may be to tell it."""

from __future__ import annotations

import math

from superpose._problem import Problem
from superpose._refine.levenberg_marquardt import refine
from superpose._sampling.level_pair import LevelPair
from superpose._solution import Solution
from superpose._verify.covariance import pose_covariance
from superpose._volumes.directed import VolumeDirections
from superpose._volumes.settings import VolumeSettings
from superpose.transforms.family import family_named
from superpose.transforms.geometry import PhysicalMap, rms_corner_distance


def turned_at_corners(
    problem: Problem, solution: Solution, pair: LevelPair, own: PhysicalMap, settings: VolumeSettings
) -> float:
    """Return how far off fixed's corners lie (root mean square) where the pose is turned to what fits best.

    What that is known to is taken off its square: so many of its errors as the settings say.

    Parameters
    ----------
    problem, solution : Problem, Solution
        Of a family without turns.
    pair : LevelPair
        What is looked at.
    own : PhysicalMap
        The solution's pose, as it was solved.
    settings : VolumeSettings
        How.
    """
    rigid, how, threads = family_named("rigid", 3), settings.verify, problem.threads
    directed = VolumeDirections.of_levels(pair, own, rigid, False, threads, settings)
    done = refine(directed, directed.state_at(directed.pair.to_index(own)), 0.0, settings.coarse)
    for _ in range(how.turned_rounds):
        # Directions are turned as the pose that they are compared at.
        directed = directed.turned_at(done.state.matrix)
        done = refine(directed, done.state, 0.0, settings.coarse)
    turned = solution.undo.to_users(directed.pair.to_physical(done.state.matrix))
    fixed = problem.fixed_grid
    _, error = pose_covariance(
        directed.error_model(done.at), turned, rigid, fixed, solution.undo, settings.verify.small_step
    )
    known = how.turned_known * how.spread_between * error * fixed.pixel_side
    away = rms_corner_distance(solution.pose, turned, fixed) * fixed.pixel_side
    return math.sqrt(max(0.0, away * away - known * known)) if math.isfinite(known) else 0.0
