"""How well the slopes of two images agree at a pose, and how well they would without noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import half_gaussian, log
from superpose._arithmetic.order import median
from superpose._parallel import lazy
from superpose._sampling.filters import filtered
from superpose._sampling.level import PreparedLevel
from superpose._sampling.warp import Source, warp
from superpose._verify.fields import Views
from superpose._verify.settings import SlopeSettings
from superpose.image import Grid, Mask, Pixels
from superpose.transforms.geometry import PhysicalMap

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Slopes:
    """Both images' slopes on fixed's pixels, of the level on which they are compared.

    Outlines that lie a pixel apart have other slopes, though the areas within are nearly the same: so one cell is told
    from another by its shape, however few there are.
    """

    views: Views
    pose: PhysicalMap
    settings: SlopeSettings

    def under(self, pose: PhysicalMap) -> tuple[Pixels, Mask]:
        """Return moving's slopes, (axes, rows, columns), under a pose, and where both images' slopes are seen."""
        pair = self.views.pair(pose, self._level)
        level, smooth = self._moving
        smooth = smooth if level is pair.moving else _smooth(pair.moving, self.settings)
        there = Source(smooth, pair.moving.image.mask, 1)
        warped, inside = warp(there, pair.to_index(pose), pair.fixed.shape, self.views.threads)
        return _slopes(warped), _within(pair.fixed.image.mask & inside, self.settings.clear)

    @property
    def grid(self) -> Grid:
        """Where the slopes lie."""
        return self.views.fixed[self._level].image.grid

    @lazy
    def fixed(self) -> Pixels:
        """Fixed's slopes, (axes, rows, columns)."""
        return _slopes(_smooth(self.views.fixed[self._level], self.settings))

    @lazy
    def own(self) -> tuple[Pixels, Mask]:
        """Moving's slopes under the pose, and where both images' slopes are seen."""
        return self.under(self.pose)

    def correlation(self) -> float:
        """Return the correlation of both images' slopes under the pose, 0 to 1, noise's part in them taken off.

        What is in doubt is whether the images differ by noise or by what they show, and noise is what there is of
        slopes where an image is flat.
        """
        if len(self._inner) < self.settings.least_pixels:
            return 0.0
        warped = self.own[0]
        squares = (self.squares.take(self._inner), inner_products(warped, warped).take(self._inner))
        noises = (self._flat, _without_scene(squares[1]))
        parts = [self._of_scene(*each) for each in zip(squares, noises, strict=True)]
        scene = math.sqrt(parts[0]) * math.sqrt(parts[1])
        common = abs(float(inner_products(self.fixed, warped).take(self._inner).mean(dtype=float)))
        return min(common / scene, 1.0) if scene > 0 else 0.0

    def structure_box(self) -> Grid:
        """Return a grid that spans fixed's structure under the pose: as far as structure spreads, all of it alike.

        Of structure that is all over an image it is nearly the image's own.
        """
        if not len(self._inner):
            return self.grid
        energy = np.maximum(self.squares - np.float32(self.settings.clear_noise * self._flat), 0) * self.own[1]
        if not energy.any():
            return self.grid
        axes = range(energy.ndim)
        spans = [_span(energy.sum(tuple(np.delete(axes, axis)), dtype=float)) for axis in axes]
        corner = [middle - (side - 1) / 2 for middle, side in spans]
        return Grid(tuple(side for _, side in spans), tuple(self.grid.to_physical(corner)), self.grid.spacing)

    def _of_scene(self, squares: Pixels, flat: float) -> float:
        """Return the mean square of slopes without noise's."""
        mean = float(squares.mean(dtype=float))
        return max(mean - flat, self.settings.least_scene * mean)

    @lazy
    def _inner(self) -> NDArray[np.intp]:
        """Which pixels are compared, of the raveled level."""
        return np.flatnonzero(self.own[1])

    @lazy
    def squares(self) -> Pixels:
        """The square of fixed's slopes."""
        return inner_products(self.fixed, self.fixed)

    @lazy
    def _flat(self) -> float:
        """What of it is noise's."""
        return _without_scene(self.squares.take(self._inner))

    @lazy
    def _moving(self) -> tuple[PreparedLevel, Pixels]:
        """The level of moving that is looked at under the pose, and under nearly all others, and its blurred pixels."""
        level = self.views.pair(self.pose, self._level).moving
        return level, _smooth(level, self.settings)

    @lazy
    def _level(self) -> int:
        return self.views.level_with(self.settings.side)


def as_evidence(correlation: float, settings: SlopeSettings) -> float:
    """Return Fisher's transform of a correlation: near 1 a hundredth says as much as a half near 0."""
    bounded = min(max(correlation, 0.0), settings.highest)
    return 0.5 * log((1 + bounded) / (1 - bounded))


def _smooth(level: PreparedLevel, settings: SlopeSettings) -> Pixels:
    return filtered(level.filled(), half_gaussian(math.ceil(3.5 * settings.blur), settings.blur), level.threads)


def _slopes(image: Pixels) -> Pixels:
    """Return central differences along each axis, 0 on the border."""
    slopes = np.zeros((image.ndim, *image.shape), np.float32)
    for axis in range(image.ndim):
        along, values = np.moveaxis(slopes[axis], axis, 0), np.moveaxis(image, axis, 0)
        np.subtract(values[2:], values[:-2], out=along[1:-1])
    return slopes


def inner_products(one: Pixels, other: Pixels) -> Pixels:
    """Return the inner products of slopes, pixel by pixel."""
    products: Pixels = one[0] * other[0]
    for a, b in zip(one[1:], other[1:], strict=True):
        products += a * b
    return products


def _without_scene(squares: Pixels) -> float:
    """Return noise's mean square, if half of the slopes whose squares these are show no more than that."""
    # Squared slopes of noise are distributed exponentially.
    return median(squares) / log(2.0)


def _span(weights: Floats) -> tuple[float, int]:
    """Return the middle and the number of equal weights in a row that spread as these do."""
    places, share = np.arange(len(weights)), weights / weights.sum()
    middle = float((places * share).sum())
    variance = float((np.square(places - middle) * share).sum())
    return middle, max(round(math.sqrt(12 * variance + 1)), 1)


def _within(mask: Mask, reach: int) -> Mask:
    """Return the pixels that are farther than `reach`, along the axes, from one that does not count."""
    for _ in range(reach):
        inner = np.zeros_like(mask)
        middle = (slice(1, -1),) * mask.ndim
        inner[middle] = mask[middle]
        for axis in range(mask.ndim):
            along, values = np.moveaxis(inner, axis, 0), np.moveaxis(mask, axis, 0)
            along[1:-1] &= values[2:] & values[:-2]
        mask = inner
    return mask
