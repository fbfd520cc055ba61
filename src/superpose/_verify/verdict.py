"""Verify one pose, however it was found: can it be trusted, how far off may it be, what else could be right."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import norm
from superpose._parallel import together
from superpose._problem import Problem
from superpose._records import FreeDirection, TileShifts
from superpose._solution import Solution, Undo
from superpose._verify.confidence import calibration, features
from superpose._verify.covariance import pose_covariance
from superpose._verify.determined import clearly_determined, free_steps
from superpose._verify.evidence import Contender, gather_evidence
from superpose._verify.fields import Views
from superpose._verify.free_directions import described
from superpose._verify.settings import DEFAULTS, StructureSettings, VerifySettings, WarningSettings
from superpose.image import Grid
from superpose.transforms.geometry import PhysicalMap, mirrored

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Misfit:
    """What a pose leaves over that no member of its family would explain.

    Attributes
    ----------
    family : str
        Its name.
    tiles : TileShifts
        Where fixed's tiles lie against where the pose says.
    size : float
        How far off they lie, but for those that may have moved by themselves, in pixels of fixed; or `turned`, if that
        is more.
    turned : float
        How far off fixed's corners lie by a turn that the family has none of, where that was asked.
    """

    family: str
    tiles: TileShifts
    size: float
    turned: float = 0.0

    @property
    def distances(self) -> Floats:
        """How far off each tile lies at the least."""
        return self.tiles.distances


@dataclass(frozen=True, eq=False)
class Verdict:
    """What verification says about a pose.

    Attributes
    ----------
    confidence : float
        How probably it is right, from 0 to 1.
    sure : bool
        Whether that is enough.
    reliable : bool
        Whether it can be used: it is sure, and its error and what it does not fit are together within the tolerance.
    matched : bool
        Whether the images match at the pose; they may match at others, too.
    uncertainty : float
        Expected error at fixed's corners, root mean square, in pixels of fixed; infinite where it is not determined.
    covariance : ndarray or None
        Of the transform's parameters, where it is known.
    margin : float
        How far the best rival scores below it, from 0 (as good) to 1 (there is no other).
    rivals : tuple of Contender
        Other poses, between the user's physical coordinates; the hardest to tell from this one first.
    tolerance : float
        The largest error that a reliable pose may have, in pixels of fixed.
    free : tuple of FreeDirection
        What the images do not determine.
    lead_over_start : float or None
        How surely the pose is better than the one the registration started from, in standard deviations; None where
        the two are the same.
    evidence : dict
        What the confidence is made of, by name.
    unexplained : float
        The part of the overlap, in tiles, that does not place the pose where it is.
    mirror_fits : bool
        Whether the mirrored moving image fits better.
    misfit : Misfit or None
        Whether the pose's family fits; None where that was not asked.
    unit : str
        Of errors and the tolerance, in words.
    lying_still : float
        The part of what is fine in volumes that lies still between them though the pose moves it.
    """

    confidence: float
    sure: bool
    matched: bool
    uncertainty: float
    covariance: Floats | None
    margin: float
    rivals: tuple[Contender, ...]
    tolerance: float
    free: tuple[FreeDirection, ...]
    lead_over_start: float | None
    evidence: dict[str, float]
    unexplained: float
    mirror_fits: bool = False
    misfit: Misfit | None = None
    unit: str = "px"
    lying_still: float = 0.0

    @property
    def reliable(self) -> bool:
        """Whether the pose can be used."""
        return bool(self.sure and np.isfinite(self.uncertainty) and self.off <= self.tolerance)

    @property
    def off(self) -> float:
        """How far off the pose may be, in pixels of fixed: its error and what it does not fit are two, and add up."""
        return math.hypot(self.uncertainty, 0.0 if self.misfit is None else self.misfit.size)

    @property
    def fits(self) -> bool:
        """Whether the pose's family fits all over, within the tolerance."""
        return self.misfit is None or self.misfit.size <= self.tolerance

    def outdoes(self, other: Verdict) -> bool:
        """Return whether more of the images agrees, and stands out more, than under another pose."""
        return all(self.evidence[each] > other.evidence[each] for each in ("consistency", "above"))

    @property
    def mistakable(self) -> str:
        """What the pose cannot be told from, where it is not reliable."""
        return "another one" if self.matched else "chance"

    def equal_rival(self, settings: WarningSettings) -> Contender | None:
        """Return the pose that is hardest to tell from this one, if it scores almost the same."""
        return next(
            (each for each in self.rivals if each.lead < settings.equal_lead and each.relative >= settings.equal_score),
            None,
        )

    def refuted_by_mirror(self, confidence: float) -> Verdict:
        """Return the verdict now that the mirrored image fits better: no more than `confidence` is left."""
        confidence = min(self.confidence, confidence)
        return replace(self, confidence=confidence, sure=False, matched=False, mirror_fits=True)

    def mistaken_for_other(self, confidence: float = 0.5) -> Verdict:
        """Return the verdict now that another motion may be the scene's as well: at most `confidence` is left."""
        return replace(self, confidence=min(self.confidence, confidence), sure=False, matched=True)


def verify(
    problem: Problem, solution: Solution, settings: VerifySettings | None = None, mirror_later: bool = False
) -> Verdict:
    """Verify what a solver found.

    Parameters
    ----------
    problem : Problem
        The user's pair, and where it started from.
    solution : Solution
        The pose, what it minimises, and the levels that it is looked at on.
    settings : VerifySettings, optional
        How; default: `DEFAULTS` of the images' dimension.
    mirror_later : bool
        Whether the mirrored image is left to `against_mirror` where the pose is not to be trusted anyway.
    """
    settings = settings or DEFAULTS[problem.fixed_grid.ndim]
    undo = solution.undo
    views = Views.of_pairs(solution.pairs, problem.threads)
    own, rivals = undo.to_solvers(solution.pose), [undo.to_solvers(each) for each in solution.rivals]
    start = undo.to_solvers(problem.start)
    # One that shows the scene's other side has nothing to be compared by.
    unmirrored = None if mirrored(start) else start
    (evidence, free), (covariance, error) = together(
        lambda: (
            gather_evidence(views, own, problem.family, rivals, unmirrored, settings.evidence),
            _free(problem, solution, views, own, settings.structure),
        ),
        lambda: _covariance_and_error(problem, solution, own, settings.small_step),
        problem.threads,
    )
    if free:
        covariance, error = _anywhere_along(free, covariance, problem.fixed_grid), np.inf
    values = features(evidence, solution.significance, settings.evidence)
    fitted = calibration()
    confidence = fitted.confidence(values)
    spread = fitted.spread[solution.error_model.calibrated_as]
    verdict = Verdict(
        confidence,
        confidence >= fitted.threshold,
        fitted.match.probability(values) >= settings.even_chance,
        spread.corrected(error),
        None if covariance is None else covariance * (spread.factor * spread.factor),
        float(np.clip(1 - max((each.relative for each in evidence.contenders), default=0.0), 0, 1)),
        tuple(replace(each, pose=undo.to_users(each.pose)) for each in evidence.contenders),
        _tolerance(problem, settings),
        free,
        evidence.lead_over_start,
        values,
        evidence.unexplained,
    )
    return verdict if mirror_later and not verdict.sure else against_mirror(verdict, solution, settings)


def against_mirror(verdict: Verdict, solution: Solution, settings: VerifySettings) -> Verdict:
    """Return the verdict now that the mirrored image was asked for."""
    fits = solution.mirror_fits(verdict.sure)
    return verdict.refuted_by_mirror(settings.mirror_confidence) if fits else verdict


def _tolerance(problem: Problem, settings: VerifySettings) -> float:
    """Return the largest error that a reliable pose may have, in pixels of fixed."""
    if problem.tolerance is not None:
        return problem.tolerance
    diagonal = norm(np.array(problem.fixed_grid.shape, float))
    return max(settings.min_tolerance, settings.tolerated_part * diagonal)


def _free(
    problem: Problem, solution: Solution, views: Views, own: PhysicalMap, settings: StructureSettings
) -> tuple[FreeDirection, ...]:
    """Return the directions that the images do not determine."""
    level = settings.level if len(views.fixed) > settings.level else 0
    level = level if min(views.fixed[level].shape) >= settings.min_side else 0
    alike = solution.metric.compares_intensities
    if level + 1 < len(views.fixed) and min(views.fixed[level + 1].shape) >= settings.min_side:
        coarse = views.pair(own, level + 1)
        if clearly_determined(coarse, coarse.to_index(own), problem.family, alike, settings):
            return ()
    pair = views.pair(own, level)
    pose, undo = pair.to_index(own), solution.undo
    steps = free_steps(pair, pose, problem.family, alike, settings)
    return described(steps, pair, pose, undo, problem.family, problem.fixed_grid, settings)


def _anywhere_along(free: tuple[FreeDirection, ...], covariance: Floats | None, fixed: Grid) -> Floats | None:
    """Return the covariance of parameters that may lie anywhere in fixed along free directions."""
    if covariance is None:
        return None
    far = norm(np.array(fixed.shape, float))
    for each in free:
        along = far * np.array(each.parameters)
        covariance = covariance + np.multiply.outer(along, along)
    return covariance


def _covariance_and_error(
    problem: Problem, solution: Solution, own: PhysicalMap, small: float
) -> tuple[Floats | None, float]:
    """Return the covariance of the pose's parameters, None where it is not known, and its expected error."""
    undo, family = solution.undo, problem.family
    if not undo.mirrored:
        return pose_covariance(solution.error_model, solution.pose, family, problem.fixed_grid, undo, small)
    # The parameters of the mirrored image's pose are not those of the answer: only the error is the same.
    grid = problem.moving_grid if undo.swapped else problem.fixed_grid
    return None, pose_covariance(solution.error_model, own, family, grid, Undo(), small)[1]
