"""How well the slopes of two images agree at a pose, and how well they would without noise."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import gaussian, log
from superpose._refine.robust import median
from superpose._sampling.filters import filtered
from superpose._sampling.level import PreparedLevel
from superpose._sampling.warp import Source, warp
from superpose._verify.fields import Views
from superpose._verify.settings import SlopeSettings
from superpose.image import Mask, Pixels
from superpose.transforms.geometry import PhysicalMap

Floats = NDArray[np.float64]


def slope_correlation(views: Views, pose: PhysicalMap, settings: SlopeSettings) -> float:
    """Return the correlation of both images' slopes, 0 to 1, noise's part in them taken off.

    Outlines that lie a pixel apart have other slopes, though the areas within are nearly the same: so one cell is told
    from another by its shape, however few there are. What is in doubt is whether the images differ by noise or by what
    they show, and noise is what there is of slopes where an image is flat.
    """
    pair = views.pair(pose, views.level_with(settings.side))
    fixed, moving = (_smooth(each, settings) for each in (pair.fixed, pair.moving))
    there = Source(moving, pair.moving.image.mask, 1)
    warped, inside = warp(there, pair.to_index(pose), pair.fixed.shape, views.threads)
    inner = _within(pair.fixed.image.mask & inside, settings.clear)
    slopes = [[each[inner].astype(float) for each in _slopes(image)] for image in (fixed, warped)]
    if len(slopes[0][0]) < settings.least_pixels:
        return 0.0
    lengths = [sum((np.square(each) for each in along), np.zeros(1)) for along in slopes]
    scene = math.sqrt(_of_scene(lengths[0], settings)) * math.sqrt(_of_scene(lengths[1], settings))
    common = abs(float(sum((a * b).mean() for a, b in zip(*slopes, strict=True))))
    return min(common / scene, 1.0) if scene > 0 else 0.0


def as_evidence(correlation: float, settings: SlopeSettings) -> float:
    """Return Fisher's transform of a correlation: near 1 a hundredth says as much as a half near 0."""
    bounded = min(max(correlation, 0.0), settings.highest)
    return 0.5 * log((1 + bounded) / (1 - bounded))


def _smooth(level: PreparedLevel, settings: SlopeSettings) -> Pixels:
    taps = gaussian(np.arange(math.ceil(3.5 * settings.blur) + 1), settings.blur)
    return filtered(level.filled(), np.asarray(taps / (2 * taps.sum() - taps[0])), level.threads)


def _slopes(image: Pixels) -> list[Pixels]:
    """Return central differences along each axis, 0 on the border."""
    out = []
    for axis in range(image.ndim):
        slope = np.zeros_like(image)
        along, values = np.moveaxis(slope, axis, 0), np.moveaxis(image, axis, 0)
        np.subtract(values[2:], values[:-2], out=along[1:-1])
        out.append(slope)
    return out


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


def _of_scene(squares: Floats, settings: SlopeSettings) -> float:
    """Return the mean square of slopes without noise's, of which half of the image shows no more than that."""
    mean = float(squares.mean())
    # Squared slopes of noise are distributed exponentially.
    return max(mean - median(squares) / log(2.0), settings.least_scene * mean)
