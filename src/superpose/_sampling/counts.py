"""Photon counts: told from other images by their variance, and turned into an image whose noise is alike all over."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import half_gaussian
from superpose._sampling.filters import filtered
from superpose._sampling.level import KnownNoise
from superpose._sampling.settings import CountSettings
from superpose.image import Pixels, Raster

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CountScale:
    """How an image's values are counts: `zero` is that of none, each one adds `step`, and a pixel has `mean`."""

    zero: float
    step: float
    mean: float


def count_scale(image: Raster, settings: CountSettings) -> CountScale | None:
    """Return how an image's values are photon counts, or None if they are not.

    They are whole multiples of one step, with as much variance as mean wherever one looks. A texture may have that
    variance, too, but not on neighbouring pixels as well as on every other one: photons know nothing of each other.
    """
    every = max(1, image.data.size // settings.sampled_values)
    sampled = image.data.ravel()[::every]
    values = (sampled if image.complete else sampled[image.mask.ravel()[::every]]).astype(float)
    if _too_many(values, settings):
        return None
    distinct = np.unique(values)
    if len(distinct) < settings.least_values:
        return None
    step = float(np.diff(distinct).min())
    lowest = float(distinct[0]) + image.offset
    steps = (distinct - distinct[0]) * (1 / step)
    if np.abs(steps - np.rint(steps)).max() > settings.slack:
        return None
    # Counts begin at nothing, or, where a camera adds a constant, at the lowest value.
    starts = [lowest]
    if abs(lowest / step - round(lowest / step)) <= settings.slack and lowest > 0:
        starts.insert(0, 0.0)
    for start in starts:
        zero = start - image.offset
        mean = (float(values.mean()) - zero) * (1 / step)
        if 0 < mean <= settings.most and _varies_as_counts(image, zero, step, settings):
            return CountScale(zero, step, mean)
    return None


def _too_many(values: Floats, settings: CountSettings) -> bool:
    """Return whether few of the values show that there are more counts than matter, if they are counts at all.

    The step between all values is no larger than that between some of them.
    """
    few = np.unique(values[:: max(1, len(values) // settings.few_values)])
    if len(few) < 2:
        return False
    return float(values.mean()) - float(values.min()) > settings.most * float(np.diff(few).min())


def _varies_as_counts(image: Raster, zero: float, step: float, settings: CountSettings) -> bool:
    """Return whether the variance of pixels is their mean, from the darkest blocks to the brightest."""
    blocks = _blocks(image, settings)
    counts = (blocks - zero) * (1 / step)
    means = counts.mean((1, 2))
    if len(counts) < settings.groups or means.sum() * settings.block * settings.block < settings.least_counts:
        return False
    order = np.argsort(means, kind="stable")
    group = np.minimum((np.cumsum(means[order]) / means.sum() * settings.groups).astype(int), settings.groups - 1)
    inner = slice(settings.margin, -settings.margin)
    mean, near, wide = (
        np.bincount(group, each[order], settings.groups)
        for each in (counts[:, inner, inner].mean((1, 2)), _variance(counts, 1), _variance(counts, 2))
    )
    alike = (near > mean / settings.within) & (near < mean * settings.within)
    white = (wide > near / settings.within) & (wide < near * settings.within)
    return bool(np.count_nonzero(alike) >= settings.alike and np.count_nonzero(alike & white) >= settings.white)


def _blocks(image: Raster, settings: CountSettings) -> Floats:
    """Return blocks without missing pixels, evenly spread, (blocks, side, side)."""
    side = settings.block + 2 * settings.margin
    if min(image.data.shape) < side:
        return np.zeros((0, side, side))
    rows, columns = (
        np.linspace(0, n - side, max(1, min(n // side, settings.blocks))).astype(int)[:, None] + np.arange(side)
        for n in image.data.shape
    )
    at = rows[:, None, :, None], columns[None, :, None, :]
    blocks, whole = image.data[at].reshape(-1, side, side), image.mask[at].reshape(-1, side * side).all(1)
    return np.asarray(blocks[whole], float)


def _variance(blocks: Floats, apart: int) -> Floats:
    """Return each block's mean variance of noise, by second differences both ways of pixels so far apart."""
    for axis in (1, 2):
        along = np.moveaxis(blocks, axis, 0)
        blocks = np.moveaxis(along[2 * apart :] - 2 * along[apart:-apart] + along[: -2 * apart], 0, axis)
    # White noise's variance grows by 1 + 4 + 1 along each axis.
    return np.asarray(np.square(blocks).mean((1, 2)) / 36)


def widest_needed(mean: float, settings: CountSettings) -> float:
    """Return the standard deviation of the Gaussian under which counts of a mean are enough, in pixels."""
    return min(math.sqrt(settings.enough / (4 * math.pi * mean)), settings.widest)


def stabilised(image: Raster, scale: CountScale, width: float, threads: int) -> Raster:
    """Return an image of counts as one whose noise is alike where there is light and where there is little.

    Counts are summed under a Gaussian first, for the root's variance is that of few counts nowhere.

    References
    ----------
    F. J. Anscombe, "The transformation of Poisson, binomial and negative-binomial data", Biometrika 35, 1948.
    """
    counts = np.where(image.mask, (image.data - np.float32(scale.zero)) * np.float32(1 / scale.step), np.float32(0))
    summed: Pixels = filtered(np.maximum(counts, np.float32(0)), _taps(width), threads)
    if not image.complete:
        weight = filtered(image.mask.astype(np.float32), _taps(width), threads)
        summed = np.asarray(summed / np.maximum(weight, np.float32(1e-6)), np.float32)
    # Three eighths are added to the sum, of which this is the mean.
    root = 2 * np.sqrt(np.maximum(summed, 0) + np.float32(0.375 * root_noise(width, 1.0).variance))
    return replace(image, data=np.where(image.mask, root, np.float32(0)).astype(np.float32), offset=0.0)


def root_noise(width: float, spacing: float) -> KnownNoise:
    """Return the noise in the root of summed counts, on a level with pixels `spacing` times as large."""
    area = spacing * spacing
    # Each halving blurs by one of its own pixels.
    return KnownNoise(1 / area, math.sqrt((width * width + (area - 1) / 3) / area))


def _taps(width: float) -> Floats:
    """Return half of a filter of this width: three taps where a sampled Gaussian would be none."""
    if width <= 0.7:
        return np.array([1 - width * width, 0.5 * width * width])
    return half_gaussian(math.ceil(3.5 * width), width)
