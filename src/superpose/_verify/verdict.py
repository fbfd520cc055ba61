"""Verify one pose, however it was found: can it be trusted, how far off may it be, what else could be right."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import together
from superpose._refine.orientation import OrientationObjective
from superpose._verify.confidence import calibration, features
from superpose._verify.covariance import pose_covariance
from superpose._verify.evidence import Contender, gathered
from superpose._verify.fields import Views
from superpose._verify.subject import Subject
from superpose.image import Grid
from superpose.transforms.family import Family

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

    @property
    def mistakable(self) -> str:
        """What the pose cannot be told from, where it is not reliable."""
        return "another one" if self.matched else "chance"

    def refuted(self) -> Verdict:
        """Return the verdict once something was seen that fits better and cannot be true as well."""
        return replace(self, confidence=min(self.confidence, REFUTED), reliable=False, matched=False)


def verify(
    subject: Subject,
    matrix: Floats,
    start: Floats,
    family: Family,
    others: list[Floats],
    grids: tuple[Grid, Grid],
    threads: int,
) -> Verdict:
    """Verify a pose.

    Parameters
    ----------
    subject : Subject
        The images.
    matrix, start : ndarray, shape (3, 3)
        The pose, and the one it started from, from the user's fixed to moving physical coordinates.
    family : Family
        Of transforms.
    others : list of ndarray, shape (3, 3)
        Poses that the search took for possible.
    grids : tuple of Grid
        Of the user's fixed and moving image, in full resolution.
    threads : int
        The result does not depend on it.
    """
    views = Views([pair.fixed for pair in subject.pairs], [pair.moving for pair in subject.pairs], threads)
    poses = [subject.own(each) for each in others]
    turning, begin = family.name != "translation", _unmirrored(subject.own(start))

    def spread_out() -> tuple[Floats | None, float]:
        if subject.back is None:
            return pose_covariance(subject.ending, matrix, family, grids[0], subject.swapped)
        # That of the mirrored image's pose, whose parameters are not those of the answer.
        there = grids[1] if subject.swapped else grids[0]
        return None, pose_covariance(subject.ending, subject.own(matrix), family, there, False)[1]

    found, (covariance, error) = together(
        lambda: gathered(views, subject.own(matrix), turning, poses, begin), spread_out, threads
    )
    values = features(found, subject.outstanding)
    fitted = calibration()
    confidence = fitted.confidence(values)
    spread = fitted.spread["orientation" if isinstance(subject.ending, OrientationObjective) else "squared"]
    return Verdict(
        confidence,
        confidence >= fitted.threshold,
        fitted.match.probability(values) >= EVEN_CHANCE,
        spread.met(error),
        None if covariance is None else covariance * spread.factor**2,
        float(np.clip(1 - max((each.relative for each in found.contenders), default=0.0), 0, 1)),
        tuple(replace(each, matrix=subject.theirs(each.matrix)) for each in found.contenders),
        found.lead_over_start,
        values,
    )


def _unmirrored(matrix: Floats) -> Floats | None:
    """Return a pose to compare with, None where it shows the other side."""
    return matrix if np.linalg.det(matrix[:2, :2]) > 0 else None
