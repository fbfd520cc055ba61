"""The contrast-blind metric: whether edges run the same way, whatever their contrast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._arithmetic.complex_numbers import squared_size, times
from superpose._refine.objective import Objective, State
from superpose._sampling.dithered import dithered
from superpose._sampling.level_pair import LevelPair
from superpose.errors import InputError
from superpose.image import Mask
from superpose.metrics._level_objective import meets_all_fractions
from superpose.metrics._orientation_objective import OrientationObjective
from superpose.metrics.base import Metric, Values, pair_of_one_shape, where_both_count
from superpose.metrics.settings import MetricSettings
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap

Floats = NDArray[np.float64]


def orientation(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Return how well the directions of edges agree, from -1 to 1; 1 is best.

    Directions are compared modulo half a turn and damped where an image is flat, so that it does not matter which side
    of an edge is the brighter one: the metric for two modalities of which neither predicts the other's intensities.
    Where either image is flat it is defined as 0.

    Parameters
    ----------
    fixed, warped : array_like of one shape, (rows, columns)
        Two images on the same grid.
    mask : array_like of bool, optional
        True where a pixel counts; default: everywhere. Pixels that are not finite in both never count, nor do those
        beside a pixel that does not.

    Raises
    ------
    InputError
        If the shapes differ, the images are not 2D or no pixel counts.

    References
    ----------
    E. Haber and J. Modersitzki, "Intensity gradient based registration and fusion of multi-modal images", MICCAI 2006,
    is its ancestor.
    """
    from scipy import ndimage

    pair = pair_of_one_shape(fixed, warped)
    a, b = pair[0][0], pair[1][0]
    if a.ndim != 2:
        raise InputError("wrong-rank", argument="fixed", value=a.shape)
    use = where_both_count(pair, mask)
    inner = ndimage.binary_erosion(use, np.ones((3, 3)))
    count = max(int(inner.sum()), 1)
    height = 64  # rows worked on at a time
    bands = [slice(k, k + height) for k in range(0, len(a), height)]
    damping = np.zeros(2)
    for rows in bands:
        damping += [np.sqrt(squared_size(_gradient(image, use, inner, rows))).sum() / count for image in (a, b)]
    sums = np.zeros(3)
    for rows in bands:
        p, q = (
            _directions(_gradient(image, use, inner, rows), damp) for image, damp in zip((a, b), damping, strict=True)
        )
        sums += squared_size(p).sum(), squared_size(q).sum(), (p.real * q.real + p.imag * q.imag).sum()
    scale = np.sqrt(sums[0] * sums[1])
    return float(np.clip(sums[2] / scale, -1.0, 1.0)) if scale > 0 else 0.0


def _gradient(image: NDArray[np.generic], use: Mask, inner: Mask, rows: slice) -> NDArray[np.complex128]:
    """Return the gradient of a band of rows as complex numbers, zero where a neighbour does not count."""
    from scipy import ndimage

    low, high = max(rows.start - 1, 0), min(rows.stop + 1, len(image))
    values = np.where(use[low:high], image[low:high], 0).astype(float)
    side, along = np.array([3.0, 10.0, 3.0]) / 16, np.array([-1.0, 0.0, 1.0]) / 2
    by_row, by_column = (
        ndimage.correlate1d(ndimage.correlate1d(values, along, axis=axis), side, axis=1 - axis) for axis in (0, 1)
    )
    kept = slice(rows.start - low, rows.start - low + len(inner[rows]))
    return np.where(inner[rows], by_row[kept] + 1j * by_column[kept], 0)


def _directions(gradient: NDArray[np.complex128], damping: float) -> NDArray[np.complex128]:
    """Return the gradient's direction as complex numbers of doubled angle, damped where it is flat."""
    size = np.sqrt(squared_size(gradient))
    return np.asarray(times(gradient, gradient) / np.maximum(size * (size + damping), 1e-300))


@dataclass(frozen=True)
class Orientation(Metric):
    """The contrast-blind metric: see `superpose.metrics.orientation`."""

    name: ClassVar[str] = "orientation"
    best: ClassVar[str] = "highest"
    invariant_to: ClassVar[str] = "offsets"
    differentiable: ClassVar[bool] = True

    def value(self, fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
        """Return how well the directions of edges of two images on one grid agree."""
        return orientation(fixed, warped, mask)

    def unrelated(self, _fixed: Values, _moving: Values) -> float:
        """Return how well directions that have nothing to do with each other agree."""
        return 0.0

    def objective(
        self, pair: LevelPair, pose: IndexMap, family: Family, _finest: bool, threads: int, settings: MetricSettings
    ) -> tuple[Objective, State]:
        """Return what the engine minimises on one level, and the state at a pose between the level's pixels."""
        pair = pair.with_fields(threads)
        averaged = meets_all_fractions(pose, pair, settings.all_fractions)
        used = pair if averaged else LevelPair(dithered(pair.fixed), pair.moving)
        objective = OrientationObjective(used.fixed, used.moving, family, threads, settings, pair)
        return objective, objective.start(used.to_index(pair.to_physical(pose)))
