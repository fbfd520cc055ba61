"""The correlation ratio: two modalities of which one determines the other's intensities."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._arithmetic.matrices import matmul
from superpose._names import public
from superpose._refine.objective import Objective, State
from superpose._refine.robust import NORMAL, cutoff_for
from superpose._sampling.level_pair import LevelPair
from superpose.metrics._histogram_objective import EMPTY, HistogramObjective, Terms
from superpose.metrics.base import Values, samples
from superpose.metrics.joint_histogram import HistogramMetric, binned, checked_bins
from superpose.metrics.settings import HistogramSettings, MetricSettings
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap

Floats = NDArray[np.float64]


@public
def correlation_ratio(
    fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None, *, bins: int | None = None
) -> float:
    """Return how much of warped's variance is explained by fixed's intensity, from 0 to 1; 1 is best.

    Fixed is binned, warped is not. Where warped is constant it is defined as 0.

    Parameters
    ----------
    fixed, warped, mask, bins
        As for `joint_histogram`.

    Raises
    ------
    InputError
        As `joint_histogram`.

    References
    ----------
    A. Roche, G. Malandain, X. Pennec and N. Ayache, "The correlation ratio as a new similarity measure for
    multimodal image registration", MICCAI 1998, pages 1115-1124.
    """
    bins = checked_bins(bins)
    a, b = samples(fixed, warped, mask)
    index = binned(a, bins)
    if b.min() == b.max():
        return 0.0
    deviations = b.astype(float) - b.mean(dtype=float)
    total = (deviations * deviations).sum()
    counts = np.bincount(index, minlength=bins)
    sums = np.bincount(index, weights=deviations, minlength=bins)
    between = (sums[counts > 0] ** 2 / counts[counts > 0]).sum()
    return float(np.clip(between / total, 0.0, 1.0))


@public
@dataclass(frozen=True)
class CorrelationRatio(HistogramMetric):
    """The correlation ratio: see `superpose.metrics.correlation_ratio`.

    The engine weighs outliers down, and goes by whichever of the two images the other explains more of.

    Parameters
    ----------
    bins : int, optional
        From 2 to 1024. Default: 100 in `value`, and as many as the pixels allow where the engine minimises it.
    """

    name: ClassVar[str] = "correlation-ratio"
    # Narrow bins of fixed cost nothing: no density is asked for in each.
    takes_bins_for_values: ClassVar[bool] = True

    def value(self, fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
        """Return the correlation ratio of two images on one grid, fixed in bins of equal width."""
        return correlation_ratio(fixed, warped, mask, bins=self.bins)

    def unrelated(self, _fixed: Values, _moving: Values) -> float:
        """Return what unrelated images explain of each other."""
        return 0.0

    def objective(
        self, pair: LevelPair, pose: IndexMap, family: Family, finest: bool, threads: int, settings: MetricSettings
    ) -> tuple[Objective, State]:
        """Return what the engine minimises on one level, and the state at a pose between the level's pixels."""
        both = [
            HistogramObjective.of_pair(pair, self, family, threads, finest, settings, each) for each in (False, True)
        ]
        found = min(both, key=lambda each: each.linearised(each.start(pose)).cost)
        start = found.start(pose)
        scale = NORMAL * _spread(found.joint(start.matrix))
        return replace(found, cutoff=cutoff_for(scale, settings.cutoff)), start

    def terms(self, joint: Floats, cutoff: float, settings: HistogramSettings) -> Terms:
        """Return the terms of one minus the correlation ratio of moving given fixed.

        With a finite cutoff (in moving's bins) squares are Tukey's biweight function, and means its location.
        """
        places = np.arange(joint.shape[1], dtype=float)
        means = _locations(joint, places, cutoff, settings)[:, None]
        overall = _locations(joint.sum(0)[None], places, cutoff, settings)[0]
        within, weight = _biweight(places - means, cutoff)
        about, _ = _biweight(places - overall, cutoff)
        # The windows themselves have a variance of a third of a bin.
        total = max(float((joint.sum(0) * about).sum()) - 1 / 3, 1e-12)
        cost = max(float((joint * within).sum()) - 1 / 3, 0.0) / total
        return Terms(cost, (within - cost * about) / total, 2 * weight / total, cost)

    def value_of_cost(self, cost: float) -> float:
        """Return the correlation ratio that belongs to the cost of `terms`."""
        return 1 - cost


def _spread(joint: Floats) -> float:
    """Return the median distance of moving's places from their row's median, in bins."""
    places = np.arange(joint.shape[1], dtype=float)
    distance = np.abs(places - _medians(joint, places)[:, None]).ravel()
    order = np.argsort(distance, kind="stable")
    mass = np.cumsum(joint.ravel()[order])
    return float(np.interp(0.5 * mass[-1], mass, distance[order]))


def _biweight(residual: Floats, cutoff: float) -> tuple[Floats, Floats]:
    """Return Tukey's function of residuals, scaled so that small ones cost their squares, and its weights."""
    if not np.isfinite(cutoff):
        return residual**2, np.ones_like(residual)
    keep = 1 - np.minimum((residual / cutoff) ** 2, 1.0)
    return (1 - keep * keep * keep) * (cutoff * cutoff / 3), keep * keep


def _locations(joint: Floats, places: Floats, cutoff: float, settings: HistogramSettings) -> Floats:
    """Return each row's mean place, robust where the cutoff is finite."""
    mass = np.maximum(joint.sum(1), EMPTY)
    if not np.isfinite(cutoff):
        return np.asarray(matmul(joint, places) / mass)
    here = _medians(joint, places)
    for _ in range(settings.rounds):
        weight = joint * _biweight(places - here[:, None], cutoff)[1]
        last, here = here, matmul(weight, places) / np.maximum(weight.sum(1), EMPTY)
        if np.abs(here - last).max() < settings.settled:
            break
    return here


def _medians(joint: Floats, places: Floats) -> Floats:
    """Return each row's median place."""
    below = np.cumsum(joint, 1)
    return np.asarray(places[np.argmax(below >= 0.5 * below[:, -1:], axis=1)], float)
