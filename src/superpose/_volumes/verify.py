"""Whether a pose of volumes can be trusted: do its parts agree with it one by one, and how far off may it be."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import exp
from superpose._arithmetic.matrices import norm
from superpose._arithmetic.order import lower_quantile
from superpose._problem import Problem
from superpose._records import TileShifts
from superpose._solution import Solution
from superpose._verify.covariance import pose_covariance
from superpose._verify.evidence import Contender
from superpose._verify.verdict import Misfit, Verdict
from superpose._volumes.levels import coarsest_with
from superpose._volumes.rivals import is_another, rival_turns
from superpose._volumes.settings import DEFAULTS, VolumeSettings, VolumeVerifySettings
from superpose._volumes.still import lying_still
from superpose._volumes.tiles import tiles_at
from superpose._volumes.turned import turned_at_corners
from superpose.transforms.geometry import PhysicalMap, apply, mean_stretch, mirrored

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class VolumeMisfit(Misfit):
    """What a pose of volumes leaves over."""

    @property
    def distances(self) -> Floats:
        """How far off each tile lies once what it is known to is taken off its square; 0 where that is not clear."""
        tiles = self.tiles
        squares = np.square(tiles.shifts).sum(1) - np.square(tiles.errors)
        return np.where(tiles.clear, np.sqrt(np.maximum(squares, 0.0)), 0.0)


def verify_volumes(problem: Problem, solution: Solution, settings: VolumeSettings = DEFAULTS) -> Verdict:
    """Verify what the engine for volumes found."""
    own, how = solution.undo.to_solvers(solution.pose), settings.verify
    tolerance = _tolerance(problem, how)
    level = coarsest_with(solution.pairs, how.side)
    tiles = tiles_at(solution.pairs[level], own, problem.threads, settings)
    found, placed = tiles.evidence(), tiles.placed()
    misfit = _misfit(problem, solution, own, placed.shifts, how)
    finer = coarsest_with(solution.pairs, how.finer_side)
    if misfit is not None and misfit.size > how.doubtful * tolerance and finer < level:
        # Another contrast moves surfaces by a part of a voxel: of smaller ones by less.
        placed = tiles_at(solution.pairs[finer], own, problem.threads, settings).placed()
        misfit = _misfit(problem, solution, own, placed.shifts, how) or misfit
    if misfit is not None and not problem.family.turns:
        # The error that is asked for is that of the corners, where no tiles are.
        turned = turned_at_corners(problem, solution, solution.pairs[level], own, settings)
        if turned > misfit.size:
            misfit = replace(misfit, size=turned, turned=turned)
    fixed = problem.fixed_grid
    covariance, error = pose_covariance(
        solution.error_model, solution.pose, problem.family, fixed, solution.undo, settings.verify.small_step
    )
    # The family's numbers are not those of a mirrored pose: only the error is stated.
    unstated = mirrored(solution.pose) and not problem.family.shears
    # In units of the spacing, as shifts are.
    voxel = fixed.pixel_side
    values = {
        "significance": max(0.0, solution.significance),
        "consistency": max(0.0, found.consistency),
        "agreeing": found.agreeing,
        "at_home": placed.at_home,
    }
    matched = _probability(values, how.match_bias, how.match_odds)
    confidence = matched * _probability(values, how.home_bias, how.home_odds)
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
        confidence >= how.threshold and not equal,
        matched >= 0.5 or equal,
        math.hypot(factor * error, how.floor) * voxel,
        None if covariance is None or unstated else covariance * (factor * factor),
        float(np.clip(1 - max((each.relative for each in contenders), default=0.0), 0, 1)),
        tuple(contenders),
        tolerance,
        (),
        None,
        values,
        1 - found.agreeing,
        misfit=misfit,
        unit=problem.unit,
        lying_still=0.0 if problem.keep else lying_still(solution.pairs[finer], own, problem.threads, settings.still),
    )


def _misfit(
    problem: Problem, solution: Solution, own: PhysicalMap, placed: TileShifts, settings: VolumeVerifySettings
) -> Misfit | None:
    """Return where tiles lie against where the pose says, in the user's fixed space."""
    if len(placed.clear) < settings.least_tiles:
        return None
    centres, shifts, errors = placed.centres, placed.shifts, placed.errors
    frames = solution.undo.frames
    if solution.undo.swapped:
        # Fixed is what the user calls moving: what lies further on there lies as much before in the other.
        centres, shifts = apply(own, centres), -np.einsum("ij,kj->ki", own[:-1, :-1], shifts)
        errors = errors * mean_stretch(own[:-1, :-1])
    if frames is not None:
        centres, shifts = apply(frames[0], centres), np.einsum("ij,kj->ki", frames[0][:-1, :-1], shifts)
    found = VolumeMisfit(problem.family.name, TileShifts(centres, shifts, errors, placed.clear), 0.0)
    return replace(found, size=lower_quantile(found.distances, settings.fitting))


def _probability(values: dict[str, float], bias: float, weights: tuple[tuple[str, float, float], ...]) -> float:
    """Return what evidence says, each kind by its weight, up to a most."""
    odds = bias + sum(weight * min(values[name], most) for name, weight, most in weights)
    return 1 / (1 + exp(-min(max(odds, -30.0), 30.0)))


def _tolerance(problem: Problem, settings: VolumeVerifySettings) -> float:
    """Return the largest error that a reliable pose may have, in units of fixed."""
    if problem.tolerance is not None:
        return problem.tolerance
    fixed = problem.fixed_grid
    return max(
        settings.min_tolerance * fixed.pixel_side, settings.tolerated_part * norm(np.array(fixed.shape) * fixed.spacing)
    )
