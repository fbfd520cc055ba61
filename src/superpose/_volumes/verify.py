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
from superpose._verify.evidence import Contender
from superpose._verify.verdict import Misfit, Verdict
from superpose._volumes.rivals import is_another, rival_turns
from superpose._volumes.settings import DEFAULTS, VolumeSettings, VolumeVerifySettings
from superpose._volumes.tiles import Tiles, tiles_at
from superpose.transforms.geometry import PhysicalMap, apply, mirrored

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
    # The family's numbers are not those of a mirrored pose: only the error is stated.
    unstated = mirrored(solution.pose) and not problem.family.shears
    # In units of the spacing, as shifts are.
    voxel = fixed.pixel_side
    how = settings.verify
    values = {
        "significance": max(0.0, solution.significance),
        "consistency": max(0.0, found.consistency),
        "agreeing": found.agreeing,
    }
    odds = how.bias + sum(weight * min(values[name], most) for name, weight, most in how.odds)
    confidence = 1 / (1 + exp(-min(max(odds, -30.0), 30.0)))
    tolerance = problem.tolerance
    if tolerance is None:
        tolerance = max(how.min_tolerance * voxel, how.tolerated_part * norm(np.array(fixed.shape) * fixed.spacing))
    between = how.spread_of_shears if problem.family.scales else how.spread_between
    factor = how.spread if solution.metric.compares_intensities else between
    rivals = rival_turns(solution.pairs, own, problem, settings) if problem.family.turns else []
    best = max(solution.basins[0].score, 1e-9) if solution.basins else 1.0
    others = [each for each in solution.basins[1:] if is_another(solution.pose, each.pose, fixed, how)]
    scored = [(each.pose, each.score / best, each.overlap) for each in others]
    scored += [(solution.undo.to_users(each.pose), each.score, 1.0) for each in rivals]
    # How surely the pose leads is told by the scores alone.
    contenders = [Contender(at, part, 0.0 if part >= how.equal else np.inf, over) for at, part, over in scored]
    contenders.sort(key=lambda each: -each.relative)
    equal = bool(contenders) and contenders[0].relative >= how.equal
    if equal:
        confidence = min(confidence, 0.5)
    return Verdict(
        confidence,
        confidence >= how.threshold,
        confidence >= 0.5 or equal,
        math.hypot(factor * error, how.floor) * voxel,
        None if covariance is None or unstated else covariance * (factor * factor),
        float(np.clip(1 - max((each.relative for each in contenders), default=0.0), 0, 1)),
        tuple(contenders),
        tolerance,
        (),
        None,
        values,
        1 - found.agreeing,
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
