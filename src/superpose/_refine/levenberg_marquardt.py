"""Levenberg-Marquardt: a step is accepted on exactly the cost whose derivative was used."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from superpose._refine.objective import Linearised, Objective, State

Floats = NDArray[np.float64]


class Ending(Enum):
    """How a refinement ended; the value is the sentence that reports print."""

    CONVERGED = "the last step moved no corner by more than the tolerance"
    NO_BETTER = "no step, however short, lowers the cost any more"
    ITERATIONS = "the most iterations allowed were used"
    OVERLAP = "the step led to where the images hardly overlap"
    NOT_FINITE = "the cost is not a finite number here"


@dataclass(frozen=True)
class Rule:
    """When to stop.

    Parameters
    ----------
    tolerance : float
        In pixels of the level: a step that moves no corner further is the last one.
    iterations : int
        The most steps.
    trust : float
        In pixels of the level: no step moves a corner further.
    min_overlap : float
        Of the smaller image.
    precision : float
        A step below this part of the pose's own standard error is the last one, too.
    """

    tolerance: float
    iterations: int
    trust: float
    min_overlap: float
    precision: float = 0.0


@dataclass(frozen=True, eq=False)
class Refined:
    """Where a refinement ended."""

    state: State
    at: Linearised
    ending: Ending
    evaluations: int


# Damping, relative to the diagonal, tried one after the other until a step lowers the cost.
FIRST_DAMPING, LAST_DAMPING = 1e-3, 1e6
# What a cost may rise by and still count as no worse: rounding of sums of 32-bit terms.
ROUNDING = 1e-6


def refine(objective: Objective, start: State, rule: Rule) -> Refined:
    """Minimise an objective from a state."""
    state, at = start, objective.linearised(start)
    evaluations, damping = 1, 0.0
    last: Floats | None = None
    if not np.isfinite(at.cost):
        return Refined(state, at, Ending.NOT_FINITE, evaluations)
    for _ in range(rule.iterations):
        while True:
            step = _solved(at, damping)
            if step is not None and last is not None and damping == 0:
                step = step * _lengthened(step, last)
            if step is None:
                trial, size = None, np.inf
            else:
                size = objective.frame.reach(objective.directions @ step)
                if size > rule.trust:
                    step, size = step * (rule.trust / size), rule.trust
                if size <= rule.tolerance or (
                    rule.precision > 0 and size <= rule.precision * standard_error(objective, at)
                ):
                    # As small a step is taken on trust: what it could gain is below what the cost resolves.
                    return Refined(objective.stepped(state, step), at, Ending.CONVERGED, evaluations)
                trial = objective.stepped(state, step)
                new = objective.linearised(trial)
                evaluations += 1
                enough = new.overlap >= min(rule.min_overlap, 0.95 * at.overlap)
                if enough and new.cost <= at.cost * (1 + ROUNDING):
                    state, at, last = trial, new, step
                    damping = damping / 10 if damping > FIRST_DAMPING else 0.0
                    break
            damping, last = max(FIRST_DAMPING, damping * 10), None
            if damping > LAST_DAMPING:
                ending = Ending.NO_BETTER if trial is None or enough else Ending.OVERLAP
                return Refined(state, at, ending, evaluations)
    return Refined(state, at, Ending.ITERATIONS, evaluations)


def standard_error(objective: Objective, at: Linearised) -> float:
    """Return how far the noise of the residuals lets the farthest corner stray, one sigma, in pixels of the level."""
    try:
        covariance = np.linalg.inv(at.hessian) * (at.cost / max(at.count, 1.0))
    except np.linalg.LinAlgError:
        return 0.0
    corners = objective.frame.corners @ objective.directions
    # The trace of each corner's own covariance.
    return float(np.sqrt(np.einsum("cik,kl,cil->c", corners, covariance, corners).max()))


def _lengthened(step: Floats, last: Floats) -> float:
    """Return by what to multiply a step that goes on where the last one went.

    Noise in the image's gradient inflates Gauss-Newton's matrix: steps are too short, each by the same ratio, and the
    geometric series they begin is summed here at once.
    """
    size = float(last @ last)
    ratio = float(step @ last) / size if size > 0 else 0.0
    along = float(step @ last) / np.sqrt(max(size * float(step @ step), 1e-300))
    return 1 / (1 - min(ratio, 0.8)) if ratio > 0.05 and along > 0.9 else 1.0


def _solved(at: Linearised, damping: float) -> Floats | None:
    """Return the damped step, or None where there is none."""
    diagonal = np.diag(at.hessian)
    if not (diagonal > 0).all():
        return None
    # Unit diagonal first: parameters of different size must not decide about rank.
    scale = 1 / np.sqrt(diagonal)
    matrix = at.hessian * np.outer(scale, scale)
    matrix[np.diag_indices(len(matrix))] += damping
    try:
        step = scale * np.linalg.solve(matrix, scale * at.gradient)
    except np.linalg.LinAlgError:
        return None
    return step if np.isfinite(step).all() else None
