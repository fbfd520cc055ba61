"""Levenberg-Marquardt: a step is accepted on exactly the cost whose derivative was used.

Only the shortest steps go by that derivative instead: see `LevenbergMarquardtSettings.short`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import dot, matmul, solution
from superpose._refine.algebra import solved
from superpose._refine.objective import Linearised, Objective, State
from superpose._refine.settings import LevenbergMarquardtSettings
from superpose._refine.stopping import Ending

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Refined:
    """Where a refinement ended."""

    state: State
    at: Linearised
    ending: Ending
    evaluations: int


def refine(objective: Objective, start: State, min_overlap: float, settings: LevenbergMarquardtSettings) -> Refined:
    """Minimise an objective from a state.

    Parameters
    ----------
    objective : Objective
        What to minimise.
    start : State
        Where to begin.
    min_overlap : float
        Of the smaller image: no step leads to much less (see `kept_overlap`), or from less to still less.
    settings : LevenbergMarquardtSettings
        How steps are taken, and when to stop.
    """
    state, at = start, objective.linearised(start)
    least = min(settings.kept_overlap * min_overlap, at.overlap)
    evaluations, damping, before = 1, 0.0, 0.0
    changes: list[tuple[Floats, Floats]] = []  # steps taken, and by how much less the gradient was after each
    if not np.isfinite(at.cost):
        return Refined(state, at, Ending.NOT_FINITE, evaluations)
    for _ in range(settings.iterations):
        while True:
            step = _step(at, changes, damping, settings.longest)
            if step is None:
                trial, size = None, np.inf
            else:
                size = objective.frame.reach(matmul(objective.directions, step))
                if size > settings.trust:
                    step, size = step * (settings.trust / size), settings.trust
                if size <= settings.tolerance or _is_last(size, before, objective, at, settings):
                    # As small a step is taken on trust: what it could gain is below what the cost resolves.
                    return Refined(objective.stepped(state, step), at, Ending.CONVERGED, evaluations)
                trial = objective.stepped(state, step)
                new = objective.linearised(trial)
                evaluations += 1
                enough = new.overlap >= least
                whole = abs(at.cost if at.noise is None else at.noise)
                lower = new.cost <= at.cost + settings.rounding * whole
                short = size <= settings.short
                if enough and (lower or (short and _to_gain(new) <= settings.short_gain * _to_gain(at))):
                    changes = [*changes[1 - len(step) :], (step, at.gradient - new.gradient)]
                    state, at, before = trial, new, size if damping == 0 and size < settings.trust else 0.0
                    damping = damping / settings.damping_factor if damping > settings.first_damping else 0.0
                    break
            damping, changes = max(settings.first_damping, damping * settings.damping_factor), []
            if damping > settings.last_damping:
                ending = Ending.NO_BETTER if trial is None or enough else Ending.OVERLAP
                return Refined(state, at, ending, evaluations)
    return Refined(state, at, Ending.ITERATIONS, evaluations)


def _is_last(
    size: float, before: float, objective: Objective, at: Linearised, settings: LevenbergMarquardtSettings
) -> bool:
    """Return whether another step after one of this size is pointless; the last one's, 0 if unknown, was `before`."""
    if settings.precision <= 0:
        return False
    error = standard_error(objective, at)
    if size <= settings.precision * error:
        return True
    left = size * size / before if before > 0 else np.inf
    return left <= min(settings.expected, settings.hidden * error) and size <= settings.surely * error


def standard_error(objective: Objective, at: Linearised) -> float:
    """Return how far the noise of the residuals lets the farthest corner stray, one sigma, in pixels of the level."""
    noise = at.cost if at.noise is None else at.noise
    try:
        covariance = solution(at.hessian, np.eye(len(at.hessian))) * (max(noise, 0.0) / max(at.count, 1.0))
    except np.linalg.LinAlgError:
        return 0.0
    corners = np.einsum("cig,gk->cik", objective.frame.corners, objective.directions)
    # The trace of each corner's own covariance.
    variances = (np.einsum("cik,kl->cil", corners, covariance) * corners).sum((1, 2))
    return float(np.sqrt(max(variances.max(), 0.0)))


def _to_gain(at: Linearised) -> float:
    """Return by how much the model says that the cost could still be lowered."""
    step = solved(at.hessian, at.gradient)
    return np.inf if step is None else dot(step, at.gradient)


def _step(at: Linearised, changes: list[tuple[Floats, Floats]], damping: float, longest: float) -> Floats | None:
    """Return the step that minimises the corrected model, shortened where it is too much longer than Gauss-Newton's."""
    step = solved(_corrected(at.hessian, changes, longest), at.gradient, damping)
    if step is None or not changes:
        return step
    # As Gauss-Newton's own matrix measures them, in which a pose, a gain and an offset have one unit.
    plain, length = _to_gain(at), dot(step, matmul(at.hessian, step))
    return step if length <= longest * longest * abs(plain) else step * (longest * math.sqrt(abs(plain) / length))


def _corrected(hessian: Floats, changes: list[tuple[Floats, Floats]], longest: float) -> Floats:
    """Return Gauss-Newton's matrix, corrected (by BFGS) to what the last steps have done to the gradient.

    Noise in the image's gradient inflates the matrix: its steps are too short.
    """
    if changes:
        step, change = changes[-1]
        expected = dot(step, matmul(hessian, step))
        hessian = hessian * np.clip(dot(step, change) / max(expected, 1e-300), 1 / longest, 1.0)
    for step, change in changes:
        model = matmul(hessian, step)
        expected, found = dot(step, model), dot(step, change)
        if found > expected / longest > 0:
            hessian = hessian + np.multiply.outer(change, change) / found - np.multiply.outer(model, model) / expected
    return hessian
