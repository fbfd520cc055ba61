"""Metrics for images of one modality: squared error and correlation."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._names import public
from superpose._parallel import ordered_map, together
from superpose._refine.objective import ErrorModel, Objective, State
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.moments import PairMoments, pair_moments
from superpose.metrics._level_objective import meets_all_fractions
from superpose.metrics._prefilter import best_blur, blurred, noise_floor, spectrum, splined, white_noise
from superpose.metrics._squared_objective import SquaredObjective
from superpose.metrics.base import Metric, Values, as_floats, pair_of_one_shape, where_both_count
from superpose.metrics.settings import MetricSettings
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap

Floats = NDArray[np.float64]

# Linear interpolation at all fractions leaves this part of white noise's variance.
LINEAR_NOISE = 4 / 9


@public
def mse(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Return the mean squared difference, in squared intensity units; 0 is best.

    Parameters
    ----------
    fixed, warped : array_like of one shape
        Two images on the same grid.
    mask : array_like of bool, optional
        True where a pixel counts; default: everywhere. Pixels that are not finite in both never count.

    Raises
    ------
    InputError
        If the shapes differ or no pixel counts.
    """
    found = _moments(fixed, warped, mask)
    return found.difference / found.count


@public
def ncc(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Return the normalised cross-correlation (Pearson), between -1 and 1; 1 is best.

    It is blind to gain and offset. Where either image is constant it is defined as 0.

    Parameters
    ----------
    fixed, warped : array_like of one shape
        Two images on the same grid.
    mask : array_like of bool, optional
        True where a pixel counts; default: everywhere. Pixels that are not finite in both never count.

    Raises
    ------
    InputError
        If the shapes differ or no pixel counts.
    """
    found = _moments(fixed, warped, mask)
    scale = math.sqrt(found.aa) * math.sqrt(found.bb)
    return min(1.0, max(-1.0, found.ab / scale)) if scale > 0 else 0.0


def _moments(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None) -> PairMoments:
    pair = pair_of_one_shape(fixed, warped)
    use = where_both_count(pair, mask)
    a, b = (as_floats(each) for each, _ in pair)
    common = np.result_type(a, b)
    a, b = np.ascontiguousarray(a, common), np.ascontiguousarray(b, common)
    return pair_moments(a, b, np.ascontiguousarray(use))


@dataclass(frozen=True)
class SquaredError(Metric):
    """What both metrics of one modality are to the engine: squared error, gain and offset solved along."""

    differentiable: ClassVar[bool] = True
    compares_intensities: ClassVar[bool] = True

    def objective(
        self, pair: LevelPair, pose: IndexMap, family: Family, finest: bool, threads: int, settings: MetricSettings
    ) -> tuple[Objective, State]:
        """Return what the engine minimises on one level, and the state at a pose between the level's pixels.

        On the finest level both images are under the blur that suits their noise, moving with cubic splines.
        """
        objective = SquaredObjective(pair.fixed, pair.moving, family, threads, settings, cubic=False)
        (state, scale), noise = objective.fitted(pose), None
        if finest:
            prefilter = settings.prefilter
            powers = ordered_map(lambda each: spectrum(each.image, prefilter), (pair.fixed, pair.moving), threads)
            # Residuals show what the pose still misses, too; a spectrum, what noise there is at most.
            residual = scale.everywhere * scale.everywhere / (1 + LINEAR_NOISE * float(np.square(state.nuisance[0])))
            variance = min(residual, *(noise_floor(power, prefilter) for power in powers))
            pixels = min(pair.fixed.image.pixel_count, pair.moving.image.pixel_count)
            averaged = meets_all_fractions(pose, pair, settings.all_fractions)
            width = best_blur(powers[0], variance, float(pixels), averaged, prefilter)
            known = pair.moving.noise
            if known is not None:
                # Where noise is known, it was blurred as suits it before.
                width = 0.0
            fixed, moving = together(
                lambda: blurred(pair.fixed, width, prefilter), lambda: splined(pair.moving, width, prefilter), threads
            )
            noise = white_noise(*((known.white, known.width) if known else (variance, width)), prefilter)
            objective = replace(objective, fixed=fixed, moving=moving, cubic=True, unfiltered=pair)
            scale = objective.scale(state)
        return replace(objective, cutoff=objective.cutoff_of(scale), noise=noise, sample=objective.rows), state

    def error_model(
        self, pair: LevelPair, pose: IndexMap, family: Family, threads: int, settings: MetricSettings
    ) -> ErrorModel:
        """Return what knows how far a pose may be off that something else than the engine found."""
        objective = SquaredObjective(pair.fixed, pair.moving, family, threads, settings, cubic=True)
        _, scale = objective.fitted(pose)
        return replace(objective, cutoff=objective.cutoff_of(scale), sample=objective.rows)


@public
@dataclass(frozen=True)
class MSE(SquaredError):
    """Mean squared difference: see `superpose.metrics.mse`. The engine solves for gain and offset all the same."""

    name: ClassVar[str] = "mse"
    best: ClassVar[str] = "lowest"
    invariant_to: ClassVar[str] = "common offset"

    def value(self, fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
        """Return the mean squared difference of two images on one grid."""
        return mse(fixed, warped, mask)

    def unrelated(self, fixed: Values, moving: Values) -> float:
        """Return the variances of both together, which their difference has where they share nothing."""
        return float(fixed.var(dtype=float) + moving.var(dtype=float))


@public
@dataclass(frozen=True)
class NCC(SquaredError):
    """Normalised cross-correlation: see `superpose.metrics.ncc`."""

    name: ClassVar[str] = "ncc"
    best: ClassVar[str] = "highest"
    invariant_to: ClassVar[str] = "offsets"

    def value(self, fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
        """Return the correlation of two images on one grid."""
        return ncc(fixed, warped, mask)

    def unrelated(self, _fixed: Values, _moving: Values) -> float:
        """Return the correlation of unrelated images."""
        return 0.0
