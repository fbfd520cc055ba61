"""Verify one pose, however it was found: can it be trusted, how far off may it be, what else could be right."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import together
from superpose._problem import Problem
from superpose._solution import Solution
from superpose._verify.confidence import calibration, features
from superpose._verify.covariance import pose_covariance
from superpose._verify.evidence import Contender, gather_evidence
from superpose._verify.fields import Views

Floats = NDArray[np.float64]

EVEN_CHANCE = 0.5
# How likely a pose still is when the mirrored image fits better.
REFUTED = 0.01


@dataclass(frozen=True, eq=False)
class Verdict:
    """What verification says about a pose.

    `matched` says whether the images match at the pose, be it the only one at which they do or not. `rivals` are the
    other poses looked at, the hardest to tell from this one first; `margin` is how far the best of them scores below
    it, from 0 (as good) to 1 (nothing else anywhere). `lead_over_start` is how surely the pose is better than the one
    the registration started from, in standard deviations; None where the two are the same.
    `mirror_fits` says that the mirrored moving image fits better.
    """

    confidence: float
    reliable: bool
    matched: bool
    uncertainty: float
    covariance: Floats | None
    margin: float
    rivals: tuple[Contender, ...]
    lead_over_start: float | None
    evidence: dict[str, float]
    mirror_fits: bool = False

    @property
    def mistakable(self) -> str:
        """What the pose cannot be told from, where it is not reliable."""
        return "another one" if self.matched else "chance"

    def refuted_by_mirror(self) -> Verdict:
        """Return the verdict once the mirrored image was seen to fit better, which cannot be true as well."""
        confidence = min(self.confidence, REFUTED)
        return replace(self, confidence=confidence, reliable=False, matched=False, mirror_fits=True)


def verify(problem: Problem, solution: Solution) -> Verdict:
    """Verify what a solver found.

    Parameters
    ----------
    problem : Problem
        The user's pair, and where it started from.
    solution : Solution
        The pose, what it minimises, and the levels that it is looked at on.
    """
    pairs, undo = solution.pairs, solution.undo
    views = Views([pair.fixed for pair in pairs], [pair.moving for pair in pairs], problem.threads)
    own, rivals = undo.to_solvers(solution.pose), [undo.to_solvers(each) for each in solution.rivals]
    turning, start = problem.family.name != "translation", _unmirrored(undo.to_solvers(problem.start))
    found, (covariance, error) = together(
        lambda: gather_evidence(views, own, turning, rivals, start),
        lambda: _spread(problem, solution, own),
        problem.threads,
    )
    values = features(found, solution.significance)
    fitted = calibration()
    confidence = fitted.confidence(values)
    spread = fitted.spread[solution.error_model.calibrated_as]
    verdict = Verdict(
        confidence,
        confidence >= fitted.threshold,
        fitted.match.probability(values) >= EVEN_CHANCE,
        spread.met(error),
        None if covariance is None else covariance * spread.factor**2,
        float(np.clip(1 - max((each.relative for each in found.contenders), default=0.0), 0, 1)),
        tuple(replace(each, pose=undo.to_users(each.pose)) for each in found.contenders),
        found.lead_over_start,
        values,
    )
    return verdict.refuted_by_mirror() if solution.mirror_fits(verdict.reliable) else verdict


def _spread(problem: Problem, solution: Solution, own: Floats) -> tuple[Floats | None, float]:
    """Return the pose's covariance, None where it is not known, and its expected error."""
    undo, family = solution.undo, problem.family
    if undo.mirror is None:
        return pose_covariance(solution.error_model, solution.pose, family, problem.fixed_grid, undo.swapped)
    # That of the mirrored image's pose, whose parameters are not those of the answer.
    grid = problem.moving_grid if undo.swapped else problem.fixed_grid
    return None, pose_covariance(solution.error_model, own, family, grid, False)[1]


def _unmirrored(pose: Floats) -> Floats | None:
    """Return a pose to compare with, None where it shows the other side."""
    return pose if np.linalg.det(pose[:2, :2]) > 0 else None
