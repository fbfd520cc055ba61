"""How far a pose that squared error determines may be off: by noise, by outliers, and by interpolation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import matmul
from superpose._refine.algebra import solved
from superpose._refine.objective import State, TileSums
from superpose._refine.robust import tukey_weights
from superpose._refine.sandwich import concentration, leverages, sandwich, structure_cuts
from superpose._sampling.level_pair import LevelPair
from superpose.metrics._interpolation_error import interpolation_covariance, structure, unfiltered_part
from superpose.metrics._normal_equations import NormalEquations
from superpose.metrics._shared_slopes import scene_matrix
from superpose.transforms.geometry import IndexMap

if TYPE_CHECKING:
    from superpose.metrics._squared_objective import SquaredObjective

Floats = NDArray[np.float64]


def step_covariance(objective: SquaredObjective, pose: IndexMap) -> Floats | None:
    """Return the covariance (n, n) of the step that squared error determines, or None where it does not."""
    found = _tiles_at(objective, pose)
    pair = objective.unfiltered or LevelPair(objective.fixed, objective.moving)
    places, slopes = structure(pair.fixed.image, objective.settings.squared)
    unfiltered = unfiltered_part(pair, pose, places, objective.settings.squared)
    covariance = _by_residuals(objective, found)
    if not unfiltered > 0:
        return covariance
    lenient = _lenient(objective, found.state)
    if lenient is not objective:
        other = _by_residuals(lenient, lenient.tiles(found.state), chosen_again=True)
        if covariance is None or other is None:
            covariance = other
        else:
            covariance = (1 - unfiltered) * covariance + unfiltered * other
    if covariance is None or objective.unfiltered is None:
        return covariance
    return covariance + unfiltered * interpolation_covariance(objective, pair, pose, places, slopes)


def _by_residuals(objective: SquaredObjective, found: TileSums, chosen_again: bool = False) -> Floats | None:
    """Return the covariance (n, n) of the step that tiles' residuals show, or None where the step is not determined.

    Where outliers were `chosen_again`, the pose is not the one that these weights have the least error at.
    """
    equations = _Equations(objective, found)
    limits = objective.settings.sandwich
    if equations.solvable and concentration(equations.parts, equations.whole) < limits.min_concentration:
        slopes = np.where(objective.rows.steep, objective.rows.steepness, 0).astype(float)
        energy = slopes * slopes
        along = np.interp(np.arange(objective.fixed.shape[0]), np.array(objective.rows.rows), energy.sum(1))
        cuts = structure_cuts(along, limits), structure_cuts(energy.sum(0), limits)
        equations = _Equations(objective, objective.tiles(found.state, cuts))
    if not equations.solvable:
        return None
    own = leverages(equations.scores, equations.parts, equations.whole)
    clean = scene_matrix(objective, found.state, equations.whole)
    if own is None or clean is None:
        return None
    # Tiles that have much say of their own are off by more than their residuals show.
    scores = equations.scores / (1 - np.minimum(own, limits.max_leverage))[:, None]
    covariance = sandwich(equations.whole, clean, scores, limits)
    if covariance is None or not chosen_again:
        return covariance
    # What another choice of outliers would make of the pose is a part of its error.
    step = solved(equations.whole, equations.scores.sum(0))
    return covariance + (0.0 if step is None else np.multiply.outer(step, step))


def _lenient(objective: SquaredObjective, state: State) -> SquaredObjective:
    """Return the objective under which no edge within a pixel of its place is an outlier, if that makes a difference.

    Edges that were not filtered before they were sampled are known to half a pixel in each image: where most of them
    agree by chance, the others look like outliers, and are not.
    """
    settings, rows = objective.settings, objective.rows
    cutoff = settings.edge_cutoff * rows.slope_of_structure
    if not cutoff > objective.cutoff:
        return objective
    warped, use = rows.under(objective.moving, state.matrix, objective.cubic)
    use &= rows.steep
    residual = (rows.values[use] - state.nuisance[0] * warped[use] - state.nuisance[1]).astype(float)
    structure = np.square(rows.steepness[use], dtype=float)
    kept, all_kept = (float((structure * tukey_weights(residual, each)).sum()) for each in (objective.cutoff, cutoff))
    if all_kept - kept <= settings.squared.max_dropped * all_kept:
        return objective
    return replace(objective, cutoff=cutoff, known=None, sample=rows)


def _tiles_at(objective: SquaredObjective, pose: IndexMap) -> TileSums:
    """Return the sums at a pose, or those known if they are of a pose so near that noise does not tell the two."""
    if objective.known is not None:
        step = objective.frame.step_between(objective.known.state.matrix, pose)
        if objective.frame.reach(step) <= objective.settings.squared.near:
            return objective.known
    return objective.tiles(objective.fitted(pose)[0])


class _Equations:
    """The normal equations of the family's step by tiles, gain and offset solved along."""

    def __init__(self, objective: SquaredObjective, found: TileSums) -> None:
        state, generators = found.state, objective.frame.generators
        tiles = NormalEquations(found.sums[NormalEquations(found.sums, generators).count > 0], generators)
        project = objective.project(state)
        size = project.shape[1] - 2
        every = matmul(project.T, tiles.matrix.sum(0), project)
        along = solved(every[size:, size:], every[size:, :size])
        self.solvable = along is not None
        if along is None:
            return
        # A step, and what gain and offset do along with it.
        joint = matmul(project, np.vstack([np.eye(size), -along]))
        self.scores = matmul(tiles.gradient, joint)
        self.parts = np.einsum("ai,tab,bj->tij", joint, tiles.matrix, joint)
        self.whole = self.parts.sum(0)
