"""Whether a pose of volumes can be trusted: do its parts agree with it one by one, and how far off may it be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import exp
from superpose._arithmetic.matrices import norm
from superpose._problem import Problem
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.warp import Source, warp
from superpose._solution import Solution
from superpose._verify.covariance import pose_covariance
from superpose._verify.verdict import Verdict
from superpose._volumes.directed import level_field
from superpose._volumes.directions import TensorField, turning
from superpose._volumes.settings import DEFAULTS, VolumeSettings
from superpose.transforms.geometry import PhysicalMap, mean_stretch

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TileEvidence:
    """What tiles say of a pose.

    Attributes
    ----------
    consistency : float
        By how many standard deviations of wrong shifts' sums the tiles' sum at the pose stands out.
    agreeing : float
        The part of the tiles' structure that lies in tiles which agree with the pose better than with any far shift.
    """

    consistency: float
    agreeing: float


def verify_volumes(problem: Problem, solution: Solution, settings: VolumeSettings = DEFAULTS) -> Verdict:
    """Verify what the engine for volumes found."""
    own = solution.undo.to_solvers(solution.pose)
    found = tile_evidence(solution.pairs, own, problem.threads, settings)
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
    factor = how.spread if solution.metric.compares_intensities else how.spread_between
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
        unit=problem.unit,
    )


def tile_evidence(pairs: list[LevelPair], pose: PhysicalMap, threads: int, settings: VolumeSettings) -> TileEvidence:
    """Return what tiles say of a pose, by directions on a coarse level."""
    how = settings.verify
    sides = [min(float(np.cbrt(math.prod(each.shape))) for each in (pair.fixed, pair.moving)) for pair in pairs]
    pair = pairs[max((k for k, side in enumerate(sides) if side >= how.side), default=0)]
    fixed = level_field(pair.fixed, False, settings, threads)
    moving = level_field(pair.moving, False, settings, threads)
    parts, inside = _under(moving, pair, pose, threads)
    shape = fixed.mask.shape
    cuts = [np.unique(np.linspace(0, n, min(how.tiles, max(1, n // 4)) + 1).astype(int))[:-1] for n in shape]

    def by_tiles(values: NDArray[np.float32]) -> Floats:
        out = values.astype(np.float64)
        for axis, at in enumerate(cuts):
            out = np.add.reduceat(out, at, axis=axis)
        return out.ravel()

    def at_shift(by: tuple[int, ...]) -> tuple[Floats, Floats]:
        """Return each tile's correlation and its energy, moving shifted on the grid."""
        there = np.roll(inside, by, (0, 1, 2))
        both = there & fixed.mask
        shifted = np.roll(parts, by, (1, 2, 3))
        product_ = (fixed.parts * shifted).sum(0) * both
        energies = [by_tiles((each * each).sum(0) * both) for each in (fixed.parts, shifted)]
        energy = np.sqrt(energies[0] * energies[1])
        return by_tiles(product_), energy

    steps = (-how.reach, 0, how.reach)
    far = [by for by in product(steps, repeat=3) if any(by)]
    own, energy = at_shift((0, 0, 0))
    kept = energy > how.filled * energy.mean() * 0.1
    if np.count_nonzero(kept) < 3:
        return TileEvidence(0.0, 0.0)
    wrong = [at_shift(by) for by in far]
    scores = np.array([score / np.maximum(e, 1e-9) for score, e in wrong])[:, kept]
    here = (own / np.maximum(energy, 1e-9))[kept]
    weight = np.sqrt(energy[kept])
    totals = (scores * weight).sum(1)
    # Tiles are independent of each other, shifts are not: the spread of a tile's wrong scores makes that of their sum.
    spread = math.sqrt(float((weight * weight * scores.var(0)).sum()))
    consistency = (float((here * weight).sum()) - float(totals.mean())) / max(spread, 1e-12)
    agreeing = float(weight[here > scores.max(0)].sum() / weight.sum())
    return TileEvidence(consistency, agreeing)


def _under(
    moving: TensorField, pair: LevelPair, pose: PhysicalMap, threads: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return moving's directions on fixed's voxels under a pose, and where they are."""
    image = Source(moving.parts, moving.mask, 1)
    parts, inside = warp(image, pair.to_index(pose), pair.fixed.shape, threads)
    linear = pose[:-1, :-1]
    by = turning(linear / mean_stretch(linear)).astype(np.float32)
    turned = np.zeros_like(parts)
    for k in range(5):
        for j in range(5):
            turned[k] += by[j, k] * parts[j]
    return turned, inside
