"""The contrast-blind metric: whether edges run the same way, whatever their contrast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._names import public
from superpose._parallel import Chunk, chunks_of
from superpose._refine.objective import Objective, State
from superpose._sampling.dithered import dithered
from superpose._sampling.field import directions_of, gradient_lengths_of
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.tensors import tensor_field
from superpose.errors import InputError
from superpose.image import Grid, Mask, Pixels, Raster
from superpose.metrics._level_objective import meets_all_fractions
from superpose.metrics._orientation_objective import OrientationObjective
from superpose.metrics.base import Metric, Values, pair_of_one_shape, where_both_count
from superpose.metrics.settings import MetricSettings
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap

Floats = NDArray[np.float64]
# Where a volume's slopes are this part of the typical one, its directions count half.
_DAMPING = 0.5


@public
def orientation(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Return how well the directions of edges agree, from -1 to 1; 1 is best.

    Directions are compared modulo half a turn and damped where an image is flat, so that it does not matter which side
    of an edge is the brighter one: the metric for two modalities of which neither predicts the other's intensities.
    Where either image is flat it is defined as 0.

    Parameters
    ----------
    fixed, warped : array_like of one shape, (rows, columns) or (planes, rows, columns)
        Two images, or volumes, on the same grid.
    mask : array_like of bool, optional
        True where a pixel counts; default: everywhere. Pixels that are not finite in both never count, nor do those
        beside a pixel that does not.

    Raises
    ------
    InputError
        If the shapes differ, the images have not two or three axes, or no pixel counts.

    References
    ----------
    E. Haber and J. Modersitzki, "Intensity gradient based registration and fusion of multi-modal images", MICCAI 2006,
    is its ancestor.
    """
    pair = pair_of_one_shape(fixed, warped)
    ndim = pair[0][0].ndim
    if ndim not in (2, 3):
        raise InputError("wrong-rank", argument="fixed", value=pair[0][0].shape)
    use = where_both_count(pair, mask)
    if ndim == 3:
        return _agreement(*(tensor_field(_scaled(values, use), _DAMPING).parts for values, _ in pair))
    images = [_scaled(values, np.ascontiguousarray(use)) for values, _ in pair]
    bands = chunks_of(use.shape)
    lengths = [gradient_lengths_of(image, bands) for image in images]
    damping = [length / max(count, 1) for length, count in lengths]
    sums = np.zeros(3)
    for band in bands:
        p, q = (directions_of(*_rows(image, *band), floor).parts for image, floor in zip(images, damping, strict=True))
        sums += _products(p, q)
    return _correlation(sums)


def _agreement(one: Pixels, other: Pixels) -> float:
    """Return how well the directions of volumes agree, number by number: they are five a voxel."""
    return _correlation(np.sum([_products(p, q) for p, q in zip(one, other, strict=True)], axis=0))


def _products(one: Pixels, other: Pixels) -> Floats:
    """Return the sums of squares of two images' directions, and of their products."""
    return np.array([(p * q).sum(dtype=float) for p, q in ((one, one), (other, other), (one, other))])


def _correlation(sums: Floats) -> float:
    scale = np.sqrt(sums[0] * sums[1])
    return float(np.clip(sums[2] / scale, -1.0, 1.0)) if scale > 0 else 0.0


def _scaled(values: NDArray[Any], use: Mask) -> Raster:
    """Return an image of any real numbers as 32-bit floats from 0 to 1: directions know no contrast."""
    counted = values if use.all() else values[use]
    low, high = float(counted.min()), float(counted.max())
    data = np.zeros(use.shape, np.float32)
    for band in chunks_of(use.shape):
        rows = slice(*band)
        scaled = np.zeros((band[1] - band[0], *use.shape[1:]))
        np.subtract(values[rows], low, out=scaled, where=use[rows], dtype=float)
        scaled *= 1 / max(high - low, 1e-300)
        data[rows] = scaled
    return Raster(data, use, Grid(use.shape))


def _rows(image: Raster, first: int, last: int) -> tuple[Raster, list[Chunk]]:
    """Return a band of rows, with one more on either side, and which of those are the band's."""
    band = slice(max(first - 1, 0), last + 1)
    data, mask = image.data[band], image.mask[band]
    return Raster(data, mask, Grid(mask.shape)), [(first - band.start, last - band.start)]


@public
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
