"""One level of one image, with everything kernels sample from made once, when first asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import half_gaussian, read_only
from superpose._parallel import lazy
from superpose._sampling.field import Field, direction_field
from superpose._sampling.filters import SPLINE_TAPS, filtered, padded
from superpose._sampling.pyramid import halved_together, resized
from superpose._sampling.settings import DEFAULTS, FieldSettings
from superpose._sampling.warp import filled_from_nearest
from superpose.image import Grid, Mask, Pixels, Raster, Weights

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Detail:
    """A finer level of an image, and how its pixels become those of a coarser one: by halving, then by a factor.

    A blurred image has lost its lines, whose two edges cancel, and most of what is fine. But their doubled directions
    agree, and do not cancel when they are averaged afterwards: so a coarse field is made from a fine one.
    """

    source: PreparedLevel
    halvings: int
    factor: float = 1.0


@dataclass(frozen=True)
class KnownNoise:
    """Noise that was white, of a variance, and then blurred by a Gaussian of this width, in pixels of the level."""

    white: float
    width: float

    @property
    def variance(self) -> float:
        """What is left of the variance."""
        return self.white / max(1.0, 4 * math.pi * self.width * self.width)


@dataclass(frozen=True, eq=False)
class PreparedLevel:
    """An image ready for the engine's kernels.

    Arrays called padded have one more pixel before and two more after along each axis, mirrored.
    """

    image: Raster
    threads: int
    # Cubic B-spline coefficients, padded, where they are not those of the pixels themselves.
    coefficients: Pixels | None = None
    # What the directions of edges are taken from, where there is something finer than the image itself.
    detail: Detail | None = None
    # Its directions, where they are known already.
    directions: Field | None = None
    # The noise in its pixels, where that is known.
    noise: KnownNoise | None = None
    settings: FieldSettings = DEFAULTS[2].fields

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns; of a volume planes, rows and columns."""
        return self.image.grid.shape

    def without_detail(self) -> PreparedLevel:
        """Return the level with the directions of its own pixels."""
        return self if self.detail is None else PreparedLevel(self.image, self.threads, settings=self.settings)

    @lazy
    def usable(self) -> Mask:
        """Whether a pixel and its neighbours below, right and across count (of a volume, the cube's eight)."""
        if self.image.complete:
            return self.image.mask
        usable = self.image.mask.copy()
        for axis in range(usable.ndim):
            along = np.moveaxis(usable, axis, 0)
            along[:-1] &= along[1:].copy()
        return usable

    @lazy
    def counts(self) -> Mask | Weights:
        """How much what lies between a pixel and those neighbours counts, as kernels take it: see `Raster.counts`."""
        weights = self.image.weights
        if weights is None:
            return self.usable
        # The least of them: a weight of 0 is that of a missing pixel, and leads there without a leap.
        least = weights.copy()
        for axis in range(least.ndim):
            along = np.moveaxis(least, axis, 0)
            np.minimum(along[:-1], along[1:].copy(), out=along[:-1])
        return np.where(self.usable, least, np.uint8(0))

    @lazy
    def trusted(self) -> Mask:
        """What is `usable` where weights are not reckoned with: see `Raster.trusted`."""
        if self.image.weights is None:
            return self.usable
        half = self.counts >= 128
        return half if half.any() else self.usable

    @lazy
    def of_trusted(self) -> PreparedLevel:
        """The level for what does not reckon with weights: see `Raster.trusted`."""
        if self.image.weights is None:
            return self
        return PreparedLevel(self.image.of_trusted(), self.threads, settings=self.settings)

    @property
    def alike(self) -> bool:
        """Whether every pixel counts, and as much as any other."""
        return self.image.alike

    def filled(self) -> Pixels:
        """Return the pixels, missing ones replaced by their nearest neighbours."""
        return self.image.data if self.image.complete else filled_from_nearest(self.image.data, self.image.mask)

    @lazy
    def linear(self) -> Pixels:
        """The pixels, padded, for linear interpolation."""
        return padded(self.filled(), 1, 2)

    @lazy
    def cubic(self) -> Pixels:
        """Cubic B-spline coefficients, padded."""
        return (
            filtered(self.filled(), SPLINE_TAPS, self.threads, 1, 2) if self.coefficients is None else self.coefficients
        )

    @lazy
    def field(self) -> Field:
        """The contrast-blind orientation field."""
        if self.directions is not None:
            return self.directions
        if self.detail is None:
            return self.own_field
        fine = self.detail.source.own_field
        parts, mask = fine.parts, fine.usable
        for _ in range(self.detail.halvings):
            parts, mask = halved_together(parts, mask, self.threads)
        channels = [resized(Raster(part, mask, Grid(mask.shape)), self.detail.factor) for part in parts]
        return Field(
            np.stack([_sharpened(each, self.settings, self.threads) for each in channels]),
            channels[0].mask,
            self.image.weights,
        )

    @lazy
    def own_field(self) -> Field:
        """The contrast-blind orientation field of these very pixels."""
        return direction_field(self.image, self.settings.damping, self.threads)

    @lazy
    def signed(self) -> Field:
        """Directions modulo a whole turn, damped as the blind ones, of these very pixels."""
        return direction_field(self.image, self.settings.damping, self.threads, signs=True)


def prepare_levels(
    levels: list[Raster],
    threads: int,
    settings: FieldSettings = DEFAULTS[2].fields,
    noise: Callable[[float], KnownNoise] | None = None,
) -> list[PreparedLevel]:
    """Return levels, finest first, each with detail from up to two below it, if those are not too large.

    `noise` is what noise is known on a level by its spacing.
    """
    out: list[PreparedLevel] = []
    for k, level in enumerate(levels):
        fine = next(
            (j for j in range(max(k - settings.halvings, 0), k) if np.prod(out[j].shape) <= settings.largest_side**2),
            None,
        )
        detail = None if fine is None else Detail(out[fine], k - fine)
        known = None if noise is None else noise(float(np.mean(level.grid.spacing)))
        out.append(PreparedLevel(level, threads, detail=detail, settings=settings, noise=known))
    return out


def _sharpened(image: Raster, settings: FieldSettings, threads: int) -> Pixels:
    """Return an image less its own local mean: 0 where it is missing.

    Large areas whose edges all run one way, such as a floor that gets darker, say little about where things are, and
    would outweigh by their size what does.
    """
    taps = _local_taps(settings)
    mean = filtered(image.data, taps, threads)
    if not image.complete:
        weight = filtered(image.mask.astype(np.float32), taps, threads)
        mean = np.asarray(mean / np.maximum(weight, np.float32(1e-6)), np.float32)
    return np.where(image.mask, image.data - mean, np.float32(0))


@lru_cache(maxsize=4)
def _local_taps(settings: FieldSettings) -> Floats:
    """Return half of the filter that makes a local mean."""
    return read_only(half_gaussian(settings.local_reach, settings.local_mean))
