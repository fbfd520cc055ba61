"""Whether a pose of volumes can be trusted: do its parts agree with it one by one, and how far off may it be."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import exp
from superpose._arithmetic.matrices import norm
from superpose._problem import Problem
from superpose._records import TileShifts
from superpose._solution import Solution
from superpose._verify.covariance import pose_covariance
from superpose._verify.verdict import Misfit, Verdict
from superpose._volumes.settings import DEFAULTS, VolumeSettings, VolumeVerifySettings
from superpose._volumes.tiles import Tiles, tiles_at
from superpose.transforms.geometry import PhysicalMap, apply

Floats = NDArray[np.float64]


def verify_volumes(problem: Problem, solution: Solution, settings: VolumeSettings = DEFAULTS) -> Verdict:
    """Verify what the engine for volumes found."""
    own = solution.undo.to_solvers(solution.pose)
    tiles = tiles_at(solution.pairs, own, problem.threads, settings)
    found = tiles.evidence()
    fixed = problem.fixed_grid
    covariance, error = pose_covariance(
        solution.error_model, solution.pose, problem.family, fixed, solution.undo, settings.verify.small_step
    )
    # In units of the spacing, as shifts are.
    voxel = float(np.cbrt(np.prod(fixed.spacing)))
    how = settings.verify
    values = {
        "significance": max(0.0, solution.significance),
        "consistency": max(0.0, found.consistency),
        "agreeing": found.agreeing,
    }
    odds = how.bias + sum(weight * min(values[name], most) for name, weight, most in how.odds)
    confidence = 1 / (1 + exp(-min(max(odds, -30.0), 30.0)))
    best = solution.basins[0].score if solution.basins else 1.0
    others = [each.score for each in solution.basins[1:]]
    tolerance = problem.tolerance
    if tolerance is None:
        tolerance = max(how.min_tolerance * voxel, how.tolerated_part * norm(np.array(fixed.shape) * fixed.spacing))
    between = how.spread_of_shears if problem.family.shears else how.spread_between
    factor = how.spread if solution.metric.compares_intensities else between
    return Verdict(
        confidence,
        confidence >= how.threshold,
        confidence >= 0.5,
        math.hypot(factor * error, how.floor) * voxel,
        None if covariance is None else covariance * (factor * factor),
        float(np.clip(1 - max(others, default=0.0) / max(best, 1e-9), 0, 1)),
        (),
        tolerance,
        (),
        None,
        values,
        1 - found.agreeing,
        mirror_fits=False,
        misfit=_misfit(problem, solution, own, tiles, how),
        unit=problem.unit,
    )


def _misfit(
    problem: Problem, solution: Solution, own: PhysicalMap, tiles: Tiles, settings: VolumeVerifySettings
) -> Misfit | None:
    """Return where tiles lie against where the pose says, in the user's fixed space."""
    placed = tiles.placed()
    if placed is None:
        return None
    centres, shifts, clear = placed
    frames = solution.undo.frames
    if solution.undo.swapped:
        # Fixed is what the user calls moving: what lies further on there lies as much before in the other.
        centres, shifts = apply(own, centres), -np.einsum("ij,kj->ki", own[:-1, :-1], shifts)
    if frames is not None:
        centres, shifts = apply(frames[0], centres), np.einsum("ij,kj->ki", frames[0][:-1, :-1], shifts)
    found = TileShifts(centres, shifts, np.full(len(centres), tiles.error), clear)
    distances = np.sort(found.distances)
    at = min(len(distances) - 1, int(settings.fitting * len(distances)))
    return Misfit(problem.family.name, found, float(distances[at]))
