"""The joint histogram of two images, and what the metrics that are functions of one share."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._checks import is_whole
from superpose._names import public
from superpose._refine.objective import Objective, State
from superpose._sampling.level_pair import LevelPair
from superpose.errors import InputError, shown
from superpose.metrics._histogram_objective import HistogramObjective, Terms
from superpose.metrics.base import Metric, samples
from superpose.metrics.settings import HistogramSettings, MetricSettings
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap

Floats = NDArray[np.float64]


def checked_bins(bins: int | np.integer[Any] | None, default: int = 100, least: int = 2, most: int = 1024) -> int:
    """Return `bins` as an int, or the plain histogram's default.

    More than the most need more memory than any images fill with more than noise.

    Raises
    ------
    InputError
        If it is no whole number from 2 to 1024.
    """
    if bins is None:
        return default
    if not is_whole(bins) or not least <= bins <= most:
        raise InputError("no-such-number", argument="bins", value=shown(bins), least=least, most=most)
    return int(bins)


def binned(values: NDArray[np.generic], bins: int) -> NDArray[np.intp]:
    """Return the bin of each value: `bins` of equal width from the lowest value to the highest."""
    low, high = values.min(), values.max()
    if low == high:
        return np.zeros(values.shape, np.intp)
    scale = bins / (float(high) - float(low))
    index: NDArray[np.intp] = np.clip(((values - low) * scale).astype(np.intp), 0, bins - 1)
    return index


@public
def joint_histogram(
    fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None, *, bins: int | None = None
) -> Floats:
    """Return the joint distribution of two images' intensities.

    Parameters
    ----------
    fixed, warped : array_like of one shape
        Two images on the same grid.
    mask : array_like of bool, optional
        True where a pixel counts; default: everywhere. Pixels that are not finite in both never count.
    bins : int, optional
        Bins along each axis, of equal width over each image's own range inside the mask; default: 100.

    Returns
    -------
    ndarray of float64, shape (bins, bins)
        Sums to one; rows are fixed, columns warped.

    Raises
    ------
    InputError
        If the shapes differ, no pixel counts, or `bins` is not from 2 to 1024.
    """
    bins = checked_bins(bins)
    a, b = samples(fixed, warped, mask)
    counts = np.bincount(binned(a, bins) * bins + binned(b, bins), minlength=bins * bins)
    return counts.reshape(bins, bins) / len(a)


@dataclass(frozen=True)
class HistogramMetric(Metric):
    """A metric that is a function of the joint histogram of two images' intensities.

    Parameters
    ----------
    bins : int, optional
        Across the range of intensities, from 2 to 1024. Left open they are 100 of equal width in `value`, which is the
        formula of the textbooks, and where the engine minimises the metric as many as the number of pixels allows (its
        cube root, 12 to 64).

    Raises
    ------
    InputError
        If `bins` is no whole number from 2 to 1024.
    """

    bins: int | None = None

    best: ClassVar[str] = "highest"
    invariant_to: ClassVar[str] = "offsets"
    differentiable: ClassVar[bool] = True
    needs_finest_level: ClassVar[bool] = True
    reports_objective: ClassVar[bool] = True
    takes_bins_for_values: ClassVar[bool] = False

    def __post_init__(self) -> None:
        checked_bins(self.bins)

    def objective(
        self, pair: LevelPair, pose: IndexMap, family: Family, finest: bool, threads: int, settings: MetricSettings
    ) -> tuple[Objective, State]:
        """Return what the engine minimises on one level, and the state at a pose between the level's pixels."""
        found = HistogramObjective.of_pair(pair, self, family, threads, finest, settings)
        return found, found.start(pose)

    @abstractmethod
    def terms(self, joint: Floats, cutoff: float, settings: HistogramSettings) -> Terms:
        """Return the metric as a cost, and its derivatives by a joint distribution; residuals count to a cutoff."""

    def value_of_cost(self, cost: float) -> float:
        """Return the measure that belongs to the cost of `terms`."""
        return self.signed(cost)
